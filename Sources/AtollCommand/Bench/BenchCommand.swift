import ArgumentParser
import AtollMeasurement
import AtollNumerics

/// `atoll bench`
struct BenchCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure how fast this machine is, and how near to its limits atoll comes.",
    discussion: """
      Measures what a core can multiply and add and how fast it reads memory, then training, tables, exact sums and \
      reading CSV, each against the limit that binds it. Takes some 15 seconds and 600 MB of memory, and writes no \
      file.

      Let nothing else run meanwhile: where another program keeps the machine busy, figures are marked and taken for no \
      more than what was reached at least.

      With --json: an event "figure" for each, "warning" where other programs disturbed some, then "benched".
      """)

  @Flag(help: "Measure for 3 seconds only: rougher figures.")
  var quick = false

  @Option(
    help: "Participants trained at the same time where all threads are measured. [default: one for each core]"
  )
  var threads: Int?

  @OptionGroup var common: CommonOptions

  static let readsTask = false

  func validate() throws {
    if let error = KernelChoice.error { throw ValidationError(error) }
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads lies between 1 and 1024.")
    }
  }

  func run(on console: Console) throws {
    let clock = ContinuousClock()
    let start = clock.now
    let bench = Bench(isQuick: quick, threads: threads ?? Machine.cores, console: console)
    let figures = try bench.figures()
    let seconds = (clock.now - start) / .seconds(1)
    console.show(live: nil)
    BenchReport(figures: figures).print(on: console)
    console.emit(
      "benched",
      [
        "kernels": .string(Kernels.active.name), "cores": .integer(Machine.cores), "quick": .bool(quick),
        "disturbed": .bool(figures.contains(where: \.isDisturbed)), "seconds": .number(seconds),
      ])
  }
}

/// Takes one measurement after the other and tells what it is at.
struct Bench {
  let isQuick: Bool
  /// Of the measurement on all threads.
  let threads: Int
  let console: Console

  private var repeats: Int { isQuick ? 2 : 5 }
  private var seconds: Double { isQuick ? 0.1 : 0.3 }

  /// All of them, limits first.
  func figures() throws -> [BenchFigure] {
    var figures: [BenchFigure] = []
    func add(
      _ subject: BenchFigure.Subject, _ title: String, threads: Int = 1, _ rate: Spread, _ unit: String,
      of limit: (subject: BenchFigure.Subject, cost: Double)? = nil, _ otherCores: Double?
    ) {
      var figure = BenchFigure(
        subject: subject, title: title, threads: threads, rate: rate, unit: unit, otherCores: otherCores)
      if let limit, let most = figures.first(where: { $0.subject == limit.subject }), !most.isDisturbed,
        !figure.isDisturbed
      {
        figure.share = (
          limit.subject, rate.median * limit.cost / (most.rate.median * Double(threads))
        )
      }
      console.emit("figure", figure.fields)
      figures.append(figure)
    }
    var others: [MachineLimits.Part: Double] = [:]
    let limits = MachineLimits(repeats: repeats, seconds: seconds, megabytes: isQuick ? 128 : 256) {
      part, measure in
      announce(part.title)
      let disturbance = Disturbance(threads: 1)
      defer { others[part] = disturbance.otherCores }
      return measure()
    }
    let scale = 1e-9
    add(.peak, MachineLimits.Part.peak.title, limits.peak * scale, "GFLOP/s", others[.peak])
    add(.read, MachineLimits.Part.read.title, limits.read * scale, "GB/s", others[.read])
    add(.triad, MachineLimits.Part.triad.title, limits.triad * scale, "GB/s", others[.triad])

    func measure(_ title: String, threads: Int? = 1, _ work: () throws -> Spread) throws -> (Spread, Double?)
    {
      announce(title)
      let disturbance = Disturbance(threads: threads)
      let rate = try work()
      return (rate, disturbance.otherCores)
    }
    let network = "training a small CNN"
    let (training, a) = try measure(network) {
      try BenchWorkloads.training(repeats: repeats, seconds: seconds)
    }
    add(.training, network, training, "samples/s", of: (.peak, BenchWorkloads.operationsPerImage * scale), a)
    if threads > 1 {
      let title = "the same, whole rounds"
      let (rate, other) = try measure(title, threads: nil) {
        try BenchWorkloads.trainingInRounds(threads: threads, seconds: Double(repeats) * seconds)
      }
      add(
        .trainingOnAll, title, threads: threads, rate, "samples/s",
        of: (.peak, BenchWorkloads.operationsPerImage * scale), other)
    }
    let tabular = "rounds, small tables"
    let (tables, b) = try measure(tabular) {
      try BenchWorkloads.tables(seconds: Double(repeats) * seconds)
    }
    add(.tables, tabular, tables, "participants/s", of: (.peak, BenchWorkloads.operationsPerTable * scale), b)
    let adding = "adding updates exactly"
    let (sum, c) = try measure(adding) {
      try BenchWorkloads.exactSum(repeats: repeats, seconds: seconds)
    }
    add(.sum, adding, sum * scale, "GB/s", of: (.read, 1), c)
    let reading = "reading CSV"
    let sample = SampleTable(rows: isQuick ? 30_000 : 100_000)
    let (csv, d) = try measure(reading) {
      try BenchWorkloads.parsing(sample, repeats: repeats, seconds: seconds)
    }
    add(.csv, reading, csv * 1e-6, "MB/s", of: (.read, 1e-3), d)
    return figures
  }

  /// On a terminal in the last line; elsewhere as a line of its own, for nobody there sees a line change.
  private func announce(_ title: String) {
    let text = StyledText("measuring: \(title) …", .dim)
    if console.progress.terminal.isInteractive { console.show(live: text) } else { console.note(text) }
  }
}

extension MachineLimits.Part {
  /// What the part measures, for a person.
  var title: String {
    switch self {
    case .peak: "multiply and add (peak)"
    case .read: "reading memory"
    case .triad: "y += a · x in memory"
    }
  }
}
