import AtollLearning
import AtollNumerics
import AtollStore
import Testing

@testable import AtollFederation

/// Tasks that declare everything about columns, so that no row is looked at before training.
@Suite struct `Declared tasks` {
  private static let yaml = """
    task: classification
    name: ward
    data:
      participants: [a.csv, b.csv]
      label: {column: sick, positive: '> 0'}
      features:
        - {name: age, minimum: 20, maximum: 80}
        - {name: stage, levels: [3, 1, 2]}
      preprocess: {missing: drop, scale: bounds}
      test: 0
    model: logistic
    """
  private static let promise = ["privacy={unit: record, epsilon: 1}"]

  private static func task(_ overrides: String...) throws -> FederatedTask {
    try FederatedTask(yaml: yaml, overrides: overrides)
  }

  @Test func `nothing is asked before the first round`() throws {
    let task = try Self.task()
    let preparation = try #require(task.declaredPreparation)
    #expect(preparation.inputShape == [4] && preparation.classes == 2)
    #expect(preparation.preprocessing?.outputNames == ["age", "stage=1", "stage=2", "stage=3"])
    guard case .exchange(let first) = try task.program().next() else { throw CancellationError() }
    #expect((first.query as? TrainQuery<PlainTraining>)?.preparation == preparation)
    #expect(task.questions == ["train", "evaluate"])
    let summary = task.summary()
    #expect(summary.title.contains("(5 numbers)"))
    #expect(summary.sections[0].lines.allSatisfy { $0.label != "once" })
    #expect(try FederatedTask(yaml: task.yaml) == task)
    // Balanced weights count rows.
    #expect(try Self.task("training.class-weights=balanced").declaredPreparation == nil)
  }

  @Test func `no share of ε goes to preprocessing, and nothing is told exactly`() throws {
    let task = try FederatedTask(yaml: Self.yaml, overrides: Self.promise)
    #expect(task.privacy?.exact == [])
    let text = task.summary().text(width: 400)
    #expect(!text.contains("not covered, as it is told exactly"))
    let named = try Self.task(
      "privacy={unit: record, epsilon: 1}", "data.label={column: sick, classes: ['no', 'yes']}")
    #expect(named.privacy != nil)
  }

  @Test(arguments: [
    ("data.preprocess={missing: drop, scale: standard}", "columns are looked at without noise"),
    ("data.preprocess={missing: drop, scale: standard, scope: site}", "columns are looked at without noise"),
    ("data.preprocess={missing: mean, scale: bounds}", "columns are looked at without noise"),
    ("data.label=sick", "columns are looked at without noise"),
    (
      "data.features=[{name: age, minimum: 20, maximum: 80}, {name: stage, type: category}]",
      "columns are looked at without noise"
    ),
    ("training.class-weights=balanced", "class-weights: balanced counts rows without noise"),
    (
      "data.features=[{name: age, minimum: 2, maximum: 3}, {name: stage, levels: [1, 1.0]}]",
      "level “1” is declared twice"
    ),
  ])
  func `any look at rows has to be named`(_ override: String, _ message: String) throws {
    let text = faults(Self.yaml, overrides: Self.promise + [override])
    #expect(text.contains(message), "\(text)")
  }

  @Test(arguments: [
    ("data.features=[age]", "scale: bounds goes by declared bounds, and “age” has none"),
    ("data.features=[{name: age, minimum: 1}]", "“age” has only one"),
    ("data.features=", "scale: bounds goes by declared bounds, and no feature is declared"),
    (
      "data.features=[{name: age, minimum: 1, maximum: 2, levels: [a]}]",
      "age has levels, and numbers have none"
    ),
    (
      "data.features=[{name: age, type: category, minimum: 1, maximum: 2}]",
      "age has bounds, and categories have none"
    ),
    ("data.label={column: sick, positive: yes, classes: [a, b]}", "which makes two classes, and classes too"),
  ])
  func `declarations that contradict themselves are refused`(_ override: String, _ message: String) {
    let text = faults(Self.yaml, overrides: [override])
    #expect(text.contains(message), "\(text)")
  }

  @Test func `a participant that agreed to the task answers no question about its columns`() throws {
    let task = try Self.task()
    let plan = try #require(task.featurePlan)
    func departure(_ query: some Query) -> String? {
      Instruction(exchange: 0, query: query, protection: .none, required: 1).departure(from: task)
    }
    let columns = ColumnsQuery(features: plan, plan: task.data.preprocess)
    #expect(departure(columns) == "the task declares its columns, and asks nothing about them")
    guard case .sums(let question) = try PreprocessingFit(plan, task.data.preprocess).next() else {
      throw CancellationError()
    }
    #expect(
      departure(StatisticsQuery(question: question)) == "the task declares its columns, and counts nothing")
    // Other columns, or other numbers made of them, than the task's.
    let table = try Table(csv: MemorySource("sick,age,stage\n0,30,1\n1,40,2\n", name: "rows"))
    var other = plan
    other.declarations[0].maximum = 90
    let fitted = try FittedPreprocessing(fitting: table, features: other, plan: task.data.preprocess)
    guard case .exchange(let training) = try task.program(preparation: Preparation(fitted)).next() else {
      throw CancellationError()
    }
    let instruction = Instruction(
      exchange: 0, query: training.query, protection: training.protection, required: 2)
    #expect(instruction.departure(from: task) == "columns are transformed in another way")
  }

  @Test func `a policy needs no word for what is not computed`() throws {
    let policy = try Policy(
      yaml: """
        version: 1
        tasks: [classification]
        questions: [train, evaluate]
        models: {kinds: [logistic], most-parameters: 10}
        columns: {features: [age, stage], labels: [sick]}
        preprocessing: {missing: [], scale: [], categories: [one-hot]}
        per-site: {columns: true, evaluation: true, details: true}
        limits: {rounds: 20, exchanges: 100, bytes: 1 MB, rounds-in-all: 100, exchanges-in-all: 100, bytes-in-all: 1 MB}
        """, file: "our.yaml")
    #expect(policy.refusal(of: try Self.task()) == nil)
    let fitted = try Self.task("data.preprocess.scale=min-max")
    #expect(policy.refusal(of: fitted)?.rule == "preprocessing.scale")
  }
}
