import AtollNumerics
import Testing

@testable import AtollFederation

struct TaskSummaryTests {
  @Test func `a task is told in plain words, and promises nothing that does not hold`() throws {
    let task = try FederatedTask(yaml: smallest, file: "breast-tumours.yaml")
    let text = task.summary(parameters: 31).text()
    #expect(
      text == """
        breast-tumours: fedavg, logistic regression (31 numbers), 20 rounds

        What leaves a participant
          once       sums and counts of its columns, to fill in missing values and to
                     fit the scaling
          once       the values that its categorical columns take
          a round    one update of 31 numbers and its weight, which is its number of
                     training rows: refused if a number is beyond ±8, in the clear.
                     256 B
          a round    counts and sums for the evaluation (accuracy, auc, loss), in the
                     clear
          at the end counts of which class is taken for which, and how surely, in the
                     clear
          never      rows

        What the server sees
          every participant's update by itself, under its name (a, b)
          sums and counts of every participant by itself, likewise
          who took part, when, and how many bytes

        Guarantee
          no privacy guarantee: updates are clear to the server, and no noise is added

        Not protected
          rows, from the server: parts of them can be computed from a single update
          that a participant takes part, when, and how many rows it has
          what is true of people as a group: that is what the model learns
          the model, from whoever is given it: every participant is, each round
          the model's quality, from a participant that sends false updates

        This version
          simulates: all of this happens on one machine, and nothing crosses a network

        task   \(task.contentHash.abbreviated)

        """)
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test func `what is told follows the task`() throws {
    let task = try FederatedTask(
      yaml: smallest,
      overrides: [
        "model={kind: mlp, hidden: [32, 16]}", "federation.strategy=scaffold",
        "federation.initial=participants",
        "data.preprocess={scope: site, categories: drop}", "training.class-weights=balanced",
        "protection.clip=1",
        "evaluation.every=5", "federation.rounds=1",
      ])
    let summary = task.summary(parameters: 1_234_567)
    #expect(summary.title == "task: scaffold, mlp 32-16 (1,234,567 numbers), 1 round")
    #expect(
      summary.sections[0].lines.map { $0.label + ": " + $0.text.replacing("\u{A0}", with: " ") } == [
        "once: its number of rows of each class", "once: an initial model of its own",
        "a round: one update of 1,234,567 numbers: shortened to an L2 norm of at most 1, in the clear. 9.9 MB",
        "a round: the change of its control variate, as long again, in the clear",
        "5 rounds: counts and sums for the evaluation (accuracy, auc, loss), in the clear",
        "at the end: counts of which class is taken for which, and how surely, in the clear", "never: rows",
      ])
    #expect(task.summary().title == "task: scaffold, mlp 32-16, 1 round")
  }
}

struct TaskDifferenceTests {
  @Test func `every change is told once, in the order of a task file`() throws {
    let old = try FederatedTask(yaml: smallest, overrides: ["protection.clip=2"])
    let new = try old.setting([
      "federation.rounds=500", "protection.clip=", "data.group=patient",
      "training.optimizer={kind: sgd, momentum: 0.5}",
      "data.preprocess.scale=none",
    ])
    #expect(FederatedTask.differences(from: old, to: old).isEmpty)
    let differences = FederatedTask.differences(from: old, to: new)
    #expect(
      differences.map(\.words) == [
        "data.group (rows with one value in this column stay on one side of a split) is now patient",
        "data.preprocess.scale (how numbers are scaled) changes from standard to none",
        "training.optimizer (how a participant goes down the slope) changes from "
          + "{kind: sgd, momentum: 0.0, nesterov: false} to {kind: sgd, momentum: 0.5, nesterov: false}",
        "federation.rounds (rounds of training) changes from 20 to 500",
        "protection.clip (largest L2 norm of an update; longer ones are shortened to it) is no longer 2.0: "
          + "updates are not clipped",
      ])
    #expect(differences[4].old == "2.0")
    #expect(differences[4].new == nil)
    #expect(differences.map(\.path).last == "protection.clip")
  }
}
