import AtollLearning
public import AtollNumerics
import AtollPrivacy
import AtollTraining

/// A task in plain words, for `atoll task show`: what leaves a participant, what the server sees, which
/// guarantee holds, what is not protected. It says what this version does, not what the next one will.
public struct TaskSummary: Hashable, Sendable {
  /// Lines under a heading.
  public struct Section: Hashable, Sendable {
    /// What the lines are about.
    public let heading: String
    /// The lines, in order.
    public let lines: [Line]
  }

  /// One statement.
  public struct Line: Hashable, Sendable {
    /// `once`, `a round`, `never`; empty for a line that stands by itself.
    public let label: String
    /// The statement.
    public let text: String
  }

  /// `sepsis-48h: fedavg, mlp 32-16 (1,153 numbers), 20 rounds`
  public let title: String
  /// What leaves, who sees it, what holds, what is not protected.
  public let sections: [Section]
  /// The task's hash.
  public let hash: ContentHash

  /// As the terminal shows it, wrapped at blanks.
  public func text(width: Int = 80) -> String {
    var lines = wrapped(title, width: width)
    for section in sections {
      lines += ["", section.heading]
      for line in section.lines {
        let label = "  " + line.label + String(repeating: " ", count: max(0, 11 - line.label.count))
        let margin = line.label.isEmpty ? "  " : label
        for (number, part) in wrapped(line.text, width: width - margin.count).enumerated() {
          lines.append((number == 0 ? margin : String(repeating: " ", count: margin.count)) + part)
        }
      }
    }
    return (lines + ["", "task   \(hash.abbreviated)"]).joined(separator: "\n") + "\n"
  }
}

extension FederatedTask {
  /// The task in plain words.
  ///
  /// - Parameters:
  ///   - parameters: numbers in the model, where the data have been looked at; nil where only the task can tell.
  ///   - participants: their names, where the task does not have them.
  public func summary(parameters: Int? = nil, participants: [String]? = nil) -> TaskSummary {
    let parameters = parameters ?? declaredParameters
    let numbers = parameters.map { Figure.count($0, "number") }
    let model = modelInWords + (numbers.map { " (\($0))" } ?? "")
    let title =
      "\(name): \(federation.strategy.name), \(model), \(Figure.count(federation.rounds, "round"))"
    let leaving = once + everyRound(numbers: numbers, parameters: parameters) + [line("never", "rows")]
    return TaskSummary(
      title: title,
      sections: [
        TaskSummary.Section(heading: "What leaves a participant", lines: leaving),
        TaskSummary.Section(heading: "What the server sees", lines: seen(participants: participants)),
        TaskSummary.Section(heading: "Guarantee", lines: promised.map { line($0) }),
        TaskSummary.Section(heading: "Not protected", lines: unprotected),
      ] + (chosen.map { [TaskSummary.Section(heading: "What the figures mean", lines: [line($0)])] } ?? [])
        + [
          TaskSummary.Section(
            heading: "This version",
            lines: [line("simulates: all of this happens on one machine, and nothing crosses a network")])
        ],
      hash: contentHash)
  }

  /// Numbers in the model, where the task declares what examples look like.
  private var declaredParameters: Int? {
    guard let examples = declaredPreparation else { return nil }
    return try? ModelArchitecture(kind: model, inputShape: examples.inputShape, classes: examples.classes)
      .model.layout.count
  }

  /// Where rounds are chosen by the rows that the model is judged by.
  private var chosen: String? {
    guard let metric = evaluation.deciding, evaluation.keep == .best || evaluation.stopping != nil else {
      return nil
    }
    let choice =
      switch (evaluation.keep, evaluation.stopping) {
      case (.best, nil): "the model is that of the best round"
      case (.best, _): "training ends early, with the model of the best round,"
      default: "training ends early"
      }
    return
      "\(choice) by \(metric.rawValue) on the held-out rows: on these rows its figures are optimistic, on others expect somewhat less"
  }

  private func line(_ label: String, _ text: String) -> TaskSummary.Line {
    TaskSummary.Line(label: label, text: text)
  }
  private func line(_ text: String) -> TaskSummary.Line { line("", text) }

  private var modelInWords: String {
    switch model {
    case .linear: "linear model"
    case .logistic: "logistic regression"
    case .softmax: "softmax regression"
    case .svm: "support vector machine"
    case .mlp(let hidden, _): "mlp " + hidden.map { String($0) }.joined(separator: "-")
    case .own(let own): own.kind
    case .cnn(let layers): "cnn of \(layers.count) layer\(layers.count == 1 ? "" : "s")"
    }
  }

  /// What leaves before the first round.
  private var once: [TaskSummary.Line] {
    var lines: [TaskSummary.Line] = []
    if !data.isImages, declaredPreparation == nil {
      let plan = data.preprocess
      let fits = [
        plan.missing.isFitted ? "fill in missing values" : nil, plan.scale.isFitted ? "fit the scaling" : nil,
      ]
      let purposes = fits.compactMap(\.self)
      if plan.scope == .federation, !purposes.isEmpty {
        lines.append(
          line("once", "sums and counts of its columns, to \(purposes.joined(separator: " and to "))"))
      }
      if kind == .regression {
        lines.append(line("once", "sums of its label, for the mean and deviation over all"))
      }
      if plan.categories != .drop {
        lines.append(line("once", "the values that its categorical columns take"))
      }
    }
    if training.classWeights == .balanced { lines.append(line("once", "its number of rows of each class")) }
    if federation.initial == .participants { lines.append(line("once", "an initial model of its own")) }
    return lines
  }

  private func everyRound(numbers: String?, parameters: Int?) -> [TaskSummary.Line] {
    let weight = weighting == .equal ? "" : " and its weight, which is its number of training rows"
    let limit =
      protection.clip.map { clip in
        clip.isAdaptive
          ? "shortened to an L2 norm that follows those of all"
          : "shortened to an L2 norm of at most \(clip.initial.brief)"
      } ?? "refused if a number is beyond ±\(protection.range.brief)"
    let bytes = parameters.map { ". \(Figure.bytes(8 * ($0 + 1)))" } ?? ""
    let update = numbers.map { "one update of \($0)" } ?? "one update, as long as the model"
    let openness = privacy?.unit == .record ? "with its own noise" : "in the clear"
    var lines = [line("a round", "\(update)\(weight): \(limit), \(openness)\(bytes)")]
    if case .scaffold = federation.strategy {
      lines.append(line("a round", "the change of its control variate, as long again, in the clear"))
    }
    let when = evaluation.every == 1 ? "a round" : "\(Figure.grouped(evaluation.every)) rounds"
    let metrics = evaluation.metrics.map(\.rawValue).joined(separator: ", ")
    lines.append(line(when, "counts and sums for the evaluation (\(metrics)), in the clear"))
    lines.append(line(evaluation.mayEndAnywhere ? when : "at the end", "\(details), in the clear"))
    return lines
  }

  /// What is counted of a model that may be the outcome.
  private var details: String {
    switch (kind, model) {
    case (.regression, _): "counts of how far the model is off"
    case (.classification, .svm): "counts of which class is taken for which"
    case (.classification, _): "counts of which class is taken for which, and how surely"
    }
  }

  private func seen(participants: [String]?) -> [TaskSummary.Line] {
    let names = federation.participants ?? data.participantNames ?? participants
    let who =
      names.map {
        $0.count <= 6 ? " (\($0.joined(separator: ", ")))" : " (\(Figure.grouped($0.count)) of them)"
      }
      ?? ""
    return [
      line("every participant's update by itself, under its name\(who)"),
      line("sums and counts of every participant by itself, likewise"),
      line("who took part, when, and how many bytes"),
    ]
  }

  private var unprotected: [TaskSummary.Line] {
    [
      privacy?.unit == .record
        ? line(
          privacy?.exact.isEmpty == true
            ? "rows, from what participants tell outside of this task"
            : "rows, from what is told exactly: no guarantee covers it")
        : line("rows, from the server: parts of them can be computed from a single update"),
      line("that a participant takes part, when, and how many rows it has"),
      line("what is true of people as a group: that is what the model learns"),
      line("the model, from whoever is given it: every participant is, each round"),
      line("the model's quality, from a participant that sends false updates"),
    ]
  }
}
