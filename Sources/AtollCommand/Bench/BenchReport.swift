import AtollLearning
import AtollMeasurement
import AtollNumerics

/// The figures of `atoll bench` for a person: a table, and what they mean in words.
struct BenchReport {
  let figures: [BenchFigure]

  func print(on console: Console) {
    console.print(
      "\("This machine:", .strong) \(Figure.count(Machine.cores, "core")), \(Kernels.active.name) kernels")
    console.print()
    console.print(table)
    console.print()
    for sentence in sentences { console.print(StyledText(sentence)) }
    if let warning { console.warn(warning) }
  }

  private var table: TextTable {
    TextTable(
      [
        .text("", width: 23), .number("threads"), .number("figure", gap: 2), .text("", gap: 2),
        .number("share"), .text("", gap: 2),
      ],
      rows: figures.map { figure in
        [
          StyledText(figure.title), StyledText("\(figure.threads)"),
          StyledText((figure.isDisturbed ? "≥ " : "") + Self.number(figure.rate.median)),
          StyledText(figure.unit),
          StyledText(figure.share.map { Self.percent($0.value) } ?? (figure.isLimit ? "" : "-")),
          StyledText(figure.share.map { "of \($0.limit == .peak ? "peak" : "reading")" } ?? ""),
        ]
      }, margin: 2)
  }

  /// What the figures mean; nothing of those that were disturbed.
  var sentences: [String] {
    func undisturbed(_ subject: BenchFigure.Subject) -> BenchFigure? {
      figures.first { $0.subject == subject && !$0.isDisturbed }
    }
    var sentences: [String] = []
    let training = undisturbed(.training)
    if let share = training?.share {
      sentences.append(
        "Training uses \(Self.percent(share.value)) of what one core can multiply and add.")
    }
    if let training, let all = undisturbed(.trainingOnAll) {
      let times = Self.number(all.rate.median / training.rate.median)
      sentences.append("On \(all.threads) threads whole rounds train \(times) times as much as one thread.")
    }
    if let tables = undisturbed(.tables) {
      let size = BenchWorkloads.tablesPerRound
      sentences.append(
        "A round of \(Figure.grouped(size)) participants with \(BenchWorkloads.rowsPerTable) rows of \(BenchWorkloads.columnsPerTable) numbers takes \(Self.time(Double(size) / tables.rate.median))."
      )
    }
    if let share = undisturbed(.sum)?.share {
      sentences.append(
        "Updates are added up exactly at \(Self.percent(share.value)) of the speed at which one core reads memory."
      )
    }
    if let csv = undisturbed(.csv) {
      sentences.append("A CSV file of 1 GB becomes a table in \(Self.time(1000 / csv.rate.median)).")
    }
    return sentences
  }

  /// What disturbed which figures; nil where nothing did.
  var warning: String? {
    let disturbed = figures.filter(\.isDisturbed)
    guard let most = disturbed.compactMap(\.otherCores).max() else { return nil }
    let cores = most < 1.05 && most >= 0.95 ? "1 core" : "\(Self.number(most)) cores"
    let which =
      disturbed.count == figures.count ? "all figures" : listed(disturbed.map(\.title))
    return
      "other programs kept up to \(cores) busy while this was measured: \(which). Those marked ≥ are what was reached at least; run atoll bench again when nothing else runs"
  }

  // MARK: Figures

  private static func percent(_ share: Double) -> String { Figure.percent(share, share < 0.1 ? 1 : 0) }

  private static func time(_ seconds: Double) -> String {
    seconds < 1 ? "\(number(seconds * 1000)) ms" : "\(number(seconds)) s"
  }

  /// Three digits, more where the number is larger.
  static func number(_ value: Double) -> String {
    guard value < 99.95 else { return Figure.grouped(Int(value.rounded())) }
    return Figure.fixed(value, value < 9.995 ? 2 : 1)
  }
}
