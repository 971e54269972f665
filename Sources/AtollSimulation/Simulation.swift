public import AtollFederation
public import AtollNumerics

/// Runs a program on this machine: virtual participants, virtual time, real training on as many threads as wanted.
///
/// The outcome is a function of the program, the data, the seed and who contributed to each exchange. It does not
/// depend on the number of threads, on who finishes first, nor on how often the process was killed and resumed.
///
/// ```swift
/// let workers = WorkerRegistry(NearestCentresWorker())
/// let centres = try Simulation(of: shops, workers: workers).run(program)
/// ```
/// A ``Study`` runs a task; a simulation runs any program.
public struct Simulation: Sendable {
  /// How a program is run.
  public struct Options: Sendable {
    /// Decides every public coin of the run.
    public var seed: UInt64
    /// One participant at a time is trained on each.
    public var threads: Int
    /// How long participants take, and who is away.
    public var network: any SimulatedNetwork
    /// Who contributed to each exchange of an earlier run; when set, exactly these do again.
    public var contributors: [[Contributor]]?
    /// Asked between participants and between batches.
    public var isCancelled: @Sendable () -> Bool
    /// What stands between the run and each participant's data; nil: nothing does.
    public var consents: Consents?
    /// What is charged for exchanges that give something away of participants; nil: a ledger that lasts as long as this
    /// simulation.
    public var charges: (any ChargeBook)?
    /// Fixes secret coins: for tests only, it protects nothing.
    package var insecureSeed: UInt64?

    /// - Parameters:
    ///   - seed: decides every public coin of the run.
    ///   - threads: how many participants are trained at the same time.
    ///   - network: how long participants take, and who is away.
    ///   - contributors: who contributed to each exchange of an earlier run, to be repeated.
    ///   - isCancelled: asked between participants and between batches.
    public init(
      seed: UInt64 = 7, threads: Int = 1, network: any SimulatedNetwork = PerfectNetwork(),
      contributors: [[Contributor]]? = nil, isCancelled: @escaping @Sendable () -> Bool = { false }
    ) {
      self.seed = seed
      self.threads = threads
      self.network = network
      self.contributors = contributors
      self.isCancelled = isCancelled
    }
  }

  /// What an observer hears, from the thread that runs the simulation unless said otherwise.
  public enum Event: Sendable {
    /// Participants are being asked.
    case opened(exchange: Int, query: String, cohort: Int)
    /// So many of the cohort are done. From any thread.
    case answered(Int, of: Int)
    /// An exchange is over, and what came of it is kept.
    case committed(StepReport)
    /// The budget of privacy is spent: the program ends with the model that it has. The reason, in one sentence.
    case stopped(String)
  }

  let population: any Population
  let workers: WorkerRegistry
  let store: any RunStore
  let header: ContentHash
  let options: Options

  /// - Parameters:
  ///   - population: the participants and their rows.
  ///   - workers: what answers at each of them.
  ///   - store: where the run is kept; a run that it has already is resumed.
  ///   - header: SHA-256 of what the run is of; the first link of the chain of records.
  ///   - options: how the program is run.
  public init(
    of population: any Population, workers: WorkerRegistry,
    store: any RunStore = MemoryRunStore(keepsRecords: false),
    header: ContentHash = .ofNothing, options: Options = Options()
  ) {
    self.population = population
    self.workers = workers
    self.store = store
    self.header = header
    self.options = options
  }

  /// Runs the program to its end, from the store's last checkpoint where there is one.
  ///
  /// - Parameters:
  ///   - program: the program of a new run; made from the same task when a run is resumed.
  ///   - observer: told of what happens.
  /// - Throws: `RunFailure`, and what the program, the workers and the store throw. What was committed is kept. Where going
  ///   on would exceed a budget of privacy and there is a model, that is the outcome.
  public func run<Program: FederatedProgram>(
    _ program: Program, observer: @escaping @Sendable (Event) -> Void = { _ in }
  ) throws -> Program.Outcome {
    var driver = try Driver(self, program, observer: observer)
    while true {
      switch try driver.state.program.next() {
      case .finish(let outcome): return outcome
      case .exchange(let exchange):
        do {
          try driver.perform(exchange)
        } catch let failure as RunFailure where failure.code == .budget {
          // What was committed was paid for.
          guard let model = driver.state.program.finishedSoFar else { throw failure }
          observer(.stopped(failure.message))
          return model
        }
      }
    }
  }
}
