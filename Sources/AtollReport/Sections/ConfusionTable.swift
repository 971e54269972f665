import AtollLearning
import AtollNumerics

/// How often each class was taken for each: counts of held-out rows.
struct ConfusionTable {
  let confusion: ConfusionMatrix
  let names: ClassNames

  /// More classes are shown by their most frequent confusions.
  private static let widest = 12

  private var isBinary: Bool { confusion.classes == 2 }

  // MARK: In words

  /// For a heading.
  var finding: String {
    if isBinary {
      let (hits, all) = (confusion[1, 1], confusion.occurrences(of: 1))
      guard all > 0 else { return "No held-out row is \(names[1])" }
      return "It finds \(Figure.grouped(hits)) of \(Figure.grouped(all)) rows that are \(names[1]), "
        + "with \(Figure.count(confusion[0, 1], "false alarm"))"
    }
    let right = Figure.percent(confusion.accuracy ?? 0)
    guard let worst = confusions.first else { return "It takes every held-out row for what it is" }
    return
      "It is right in \(right) of rows; most often it takes \(names[worst.truth]) for \(names[worst.taken])"
  }

  private struct Confusion {
    let truth: Int
    let taken: Int
    let rows: Int
  }

  /// The most frequent first.
  private var confusions: [Confusion] {
    let classes = 0..<confusion.classes
    return classes.flatMap { truth in
      classes.compactMap { taken in
        truth != taken && confusion[truth, taken] > 0
          ? Confusion(truth: truth, taken: taken, rows: confusion[truth, taken]) : nil
      }
    }.sorted { (-$0.rows, $0.truth, $0.taken) < (-$1.rows, $1.truth, $1.taken) }
  }

  // MARK: As a table

  var card: HTML {
    let content = isBinary ? binary : confusion.classes <= Self.widest ? whole : worst
    return """
      <div class="card"><h3>Confusion matrix</h3>
      <p class="note">\(note)</p>
      \(content)</div>
      """
  }

  private var note: String {
    let rows = "\(Figure.count(confusion.rows, "held-out row")) in all; "
    if isBinary { return rows + "a row is called \(names[1]) at a probability over one half." }
    if confusion.classes <= Self.widest {
      return rows + "each line is a true class, each column what it was taken for."
    }
    return rows + "of \(confusion.classes) classes the ten most frequent confusions."
  }

  private func share(_ part: Int, of whole: Int) -> String {
    whole > 0 ? Figure.percent(Double(part) / Double(whole), 0) : "–"
  }

  private var binary: HTML {
    let (positives, negatives) = (confusion.occurrences(of: 1), confusion.occurrences(of: 0))
    func cell(_ count: Int, isHit: Bool, _ words: String) -> HTML {
      "<td class=\"\(isHit ? "hit" : "miss")\"><b>\(Figure.grouped(count))</b><span>\(words)</span></td>"
    }
    let called = confusion.predictions(of: 1)
    return """
      <table class="matrix"><caption class="hidden">Confusion matrix</caption>
      <thead><tr><th scope="col"><span class="hidden">called</span></th><th scope="col">\(names[1])</th>\
      <th scope="col">\(names[0])</th></tr></thead>
      <tbody><tr><th scope="row">called \(names[1])</th>\
      \(cell(confusion[1, 1], isHit: true, "found: \(share(confusion[1, 1], of: positives))"))\
      \(cell(confusion[0, 1], isHit: false, "false alarms: \(share(confusion[0, 1], of: negatives))"))</tr>
      <tr><th scope="row">not called</th>\
      \(cell(confusion[1, 0], isHit: false, "missed: \(share(confusion[1, 0], of: positives))"))\
      \(cell(confusion[0, 0], isHit: true, "rightly left alone: \(share(confusion[0, 0], of: negatives))"))</tr></tbody>
      </table>
      <p class="note">Of \(Figure.count(called, "row")) that it calls \(names[1]), \
      \(Figure.grouped(confusion[1, 1])) \(confusion[1, 1] == 1 ? "is" : "are") (\(share(confusion[1, 1], of: called))). \
      Shares are of the column.</p>
      """
  }

  private var whole: HTML {
    let classes = 0..<confusion.classes
    let heads = classes.map { "<th scope=\"col\">\(English.shortened(names[$0], to: 14))</th>" as HTML }
    let lines = classes.map { truth -> HTML in
      let all = confusion.occurrences(of: truth)
      let cells = classes.map { taken -> HTML in
        let rows = confusion[truth, taken]
        // One row in twenty taken for another class is worth an eye.
        let style = truth == taken ? "hit" : all > 0 && 20 * rows >= all ? "miss" : rows == 0 ? "none" : ""
        return "<td class=\"\(style)\">\(Figure.grouped(rows))</td>"
      }
      return
        "<tr><th scope=\"row\">\(English.shortened(names[truth], to: 24))</th>\(cells)<td>\(share(confusion[truth, truth], of: all))</td></tr>\n"
    }
    return """
      <div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix"><table class="classes">
      <caption class="hidden">Confusion matrix</caption>
      <thead><tr><th scope="col">true class</th>\(heads)<th scope="col">found</th></tr></thead>
      <tbody>
      \(lines)</tbody></table></div>
      <p class="note">Outlined: at least one in twenty rows of the class.</p>
      """
  }

  private var worst: HTML {
    DataTable(
      "Most frequent confusions", columns: ["true class", "taken for", "rows", "of the class"],
      texts: [0, 1],
      rows: confusions.prefix(10).map { found in
        [
          names[found.truth], names[found.taken], Figure.grouped(found.rows),
          share(found.rows, of: confusion.occurrences(of: found.truth)),
        ]
      }
    ).table
  }
}
