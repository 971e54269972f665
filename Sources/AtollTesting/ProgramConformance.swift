public import AtollFederation
import AtollNumerics
public import AtollSimulation
import FoundationEssentials

/// What every `FederatedProgram` must keep, tried out on a simulation:
///
/// - `next()` is pure: asked twice, or after the program was encoded and decoded, it gives the same step;
/// - the run gives the same outcome and the same records on any number of threads;
/// - killed before or after the commit of any exchange and resumed, it ends with the same outcome, the same records and
///   the same memories of the participants.
public struct ProgramConformance: Sendable {
  /// Who takes part.
  public var population: any Population
  /// What answers at each of them.
  public var workers: WorkerRegistry
  /// Decides every public coin.
  public var seed: UInt64
  /// How long participants take, and who is away.
  public var network: any SimulatedNetwork
  /// The numbers of threads to compare with one.
  public var threads: [Int]

  public init(
    population: any Population, workers: WorkerRegistry, seed: UInt64 = 7,
    network: any SimulatedNetwork = PerfectNetwork(), threads: [Int] = [1, 2, 7]
  ) {
    self.population = population
    self.workers = workers
    self.seed = seed
    self.network = network
    self.threads = threads
  }

  /// Tries everything.
  ///
  /// - Returns: the outcome, the number of exchanges, and how often the run was killed and resumed.
  /// - Throws: ``Violation`` that says what is broken, and what the program itself throws.
  public func check<Program: FederatedProgram>(
    _ program: Program
  ) throws -> (outcome: Program.Outcome, exchanges: Int, kills: Int) {
    let whole = MemoryRunStore()
    let outcome = try run(program, store: whole, threads: 1)
    let expected = try trace(outcome, whole)
    for threads in threads {
      let store = MemoryRunStore()
      let trace = try trace(run(program, store: store, threads: threads), store)
      guard trace == expected else { throw Violation("\(threads) threads give another result than one") }
    }
    try checkPurity(of: program)
    let exchanges = whole.records().count
    var kills = 0
    for exchange in 0..<exchanges {
      for moment in [MortalStore.Moment.before, .after] {
        let store = MemoryRunStore()
        let mortal = MortalStore(store, killed: moment, commit: exchange)
        do {
          _ = try run(program, store: mortal, threads: 1)
          // Killed after the last commit only means that nobody heard the outcome.
          guard moment == .after else { throw Violation("the run did not reach exchange \(exchange)") }
        } catch is MortalStore.Killed {
          kills += 1
        }
        let resumed = try trace(run(program, store: store, threads: 1), store)
        guard resumed == expected else {
          throw Violation("killed \(moment) the commit of exchange \(exchange), it resumes to another result")
        }
      }
    }
    return (outcome, exchanges, kills)
  }

  private func run<Program: FederatedProgram>(
    _ program: Program, store: any RunStore, threads: Int
  ) throws -> Program.Outcome {
    let options = Simulation.Options(seed: seed, threads: threads, network: network)
    return try Simulation(
      of: population, workers: workers, store: store, header: ContentHash(of: [UInt8]("conformance".utf8)),
      options: options
    ).run(program)
  }

  private struct Trace: Equatable {
    var outcome: FoundationEssentials.Data
    var records: [ExchangeRecord]
    var states: [ParticipantID: ContentHash]
  }

  private func trace(_ outcome: some Codable, _ store: MemoryRunStore) throws -> Trace {
    Trace(
      outcome: try CanonicalJSON.encode(outcome, blobs: MemoryRunStore()), records: store.records(),
      states: store.checkpoint()?.states ?? [:])
  }

  private func checkPurity<Program: FederatedProgram>(of program: Program) throws {
    let blobs = MemoryRunStore()
    func question(_ program: Program) throws -> FoundationEssentials.Data? {
      guard case .exchange(let exchange) = try program.next() else { return nil }
      return try CanonicalJSON.encode(exchange.query, blobs: blobs)
    }
    let first = try question(program)
    guard try question(program) == first else {
      throw Violation("next() asks another question the second time")
    }
    let encoded = try CanonicalJSON.encode(program, blobs: blobs)
    let decoded = try CanonicalJSON.decode(Program.self, from: encoded, blobs: blobs, models: workers.models)
    guard try question(decoded) == first else {
      throw Violation("next() asks another question after encoding and decoding")
    }
    guard try CanonicalJSON.encode(decoded, blobs: blobs) == encoded else {
      throw Violation("the program encodes to other bytes after encoding and decoding")
    }
  }
}

/// A promise that a program does not keep.
public struct Violation: Error, CustomStringConvertible {
  public let description: String

  /// What is broken, one sentence.
  public init(_ description: String) { self.description = description }
}
