import AtollClient
import AtollFederation
import AtollNumerics
import AtollScenarios
import AtollSimulation
import AtollStore
import AtollWire
import Foundation
import Synchronization
import Testing

@testable import AtollServer

/// A value that several tasks change.
final class Shared<Value: Sendable>: Sendable {
  private let mutex: Mutex<Value>

  init(_ value: Value) { mutex = Mutex(value) }

  var value: Value { mutex.withLock { $0 } }

  func change(_ body: @Sendable (inout Value) -> Void) { mutex.withLock { body(&$0) } }
}

/// A folder of its own for a test, removed with the value.
final class TestFolder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("atoll-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
  }
}

/// Four hospitals with their tables, and a task for them.
struct FourHospitals {
  static let names: [ParticipantID] = ["ashford", "birk", "corvo", "dalen"]
  let folder: TestFolder

  init() throws {
    folder = try TestFolder()
    for site in BreastTumours.sites() { try folder.write(site.csv, to: site.name + ".csv") }
  }

  func table(of participant: ParticipantID) -> String { "\(folder.path)/\(participant).csv" }

  /// What a participant keeps.
  func state(of participant: ParticipantID) -> String { "\(folder.path)/\(participant)/state" }

  /// What left a participant.
  func receipts(of participant: ParticipantID) throws -> [Receipt] {
    let audit = try ReceiptAudit(contentsOf: Participant.receipts(in: state(of: participant)))
    #expect(audit.fault == nil)
    return audit.receipts
  }

  func task(
    federation: String = "{rounds: 3}", model: String = "{kind: mlp, hidden: [9, 5], activation: tanh}",
    training: String = "{learning-rate: 0.05, batch-size: 10, local-epochs: 2}", more: String = ""
  ) throws -> FederatedTask {
    try FederatedTask(
      yaml: """
        task: classification
        name: tumours
        data:
          participants: [ashford.csv, birk.csv, corvo.csv, dalen.csv]
          label: malignant
          test: 0.3
        model: \(model)
        training: \(training)
        federation: \(federation)
        evaluation: {baselines: []}
        \(more)
        """, folder: folder.path)
  }

  /// SHA-256 of the model of `atoll run`, with the contributors of a manifest where there is one.
  func simulated(
    _ task: FederatedTask, like manifest: Manifest? = nil, trainer: any Trainer = GradientDescent()
  ) throws -> ContentHash {
    let run = try TaskRun(
      task, data: TaskData(task), folder: folder.path + "/simulated-\(UUID().uuidString)", version: "test",
      options: TaskRun.Options(threads: 1, contributors: manifest?.contributors, trainer: trainer))
    return try run.complete { _ in }.finished.hash
  }
}

/// A server on loopback in this process, with its operator.
final class TestServer: Sendable {
  let state: String
  private let stopped = Mutex(false)
  private let address = Mutex<ServerAddress?>(nil)

  private let runsAtOnce: Int

  init(in folder: TestFolder, name: String = "server", runsAtOnce: Int = 4) {
    state = "\(folder.path)/\(name)"
    self.runsAtOnce = runsAtOnce
  }

  /// Below those that systems give to whoever asks for any: a server that lets its port go for a moment finds it free.
  private static let ports = Mutex(Int.random(in: 20_000..<28_000))

  private static func nextPort() -> Int {
    ports.withLock { port in
      port += 1
      return port
    }
  }

  var isStopped: Bool { stopped.withLock { $0 } }

  func stop() { stopped.withLock { $0 = true } }

  /// Runs the server while `body` does something.
  func serve<Value: Sendable>(
    port: Int? = nil, certificateAge: Double = 86_400,
    _ body: @escaping @Sendable (ServerAddress) async throws -> Value
  ) async throws -> Value {
    stopped.withLock { $0 = false }
    var options = Server.Options(
      state: state, listen: ServerAddress(host: "127.0.0.1", port: port ?? Self.nextPort()))
    options.runsAtOnce = runsAtOnce
    options.certificateAge = certificateAge
    let server = try Server(options)
    return try await withThrowingTaskGroup(of: Value?.self) { group in
      let (started, tell) = AsyncStream.makeStream(of: ServerAddress.self)
      group.addTask { [self] in
        try await server.run {
          tell.yield($0.address)
        } until: {
          while !self.isStopped, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(10)) }
        }
        return nil
      }
      group.addTask {
        for await address in started { return try await body(address) }
        return nil
      }
      defer {
        stop()
        group.cancelAll()
      }
      while let value = try await group.next() { if let value { return value } }
      throw WireError(.unreachable, "the server ended before the test did")
    }
  }

  var operatorClient: WireClient {
    get throws { WireClient(try Identity(contentsOf: state + "/operator")) }
  }

  /// Submits a task as the operator that the first start made.
  func submit(_ task: FederatedTask) async throws -> RunOverview {
    let identity = try Identity(contentsOf: state + "/operator")
    let yaml = try task.withoutFolders.yaml
    return try await WireClient(identity).submit(
      task: yaml, signature: identity.sign(Data(yaml.utf8)))
  }

  /// Enrols a participant.
  func enroll(_ name: ParticipantID, at address: ServerAddress, in folder: TestFolder) async throws
    -> Identity
  {
    let invitation = try ServerState(in: state, creating: false).invite(name.name, as: .participant)
    return try await Enrolment.enroll(invitation, at: address, folder: "\(folder.path)/\(name)")
  }

  /// Everything that a run told, until it was over.
  func watch(_ run: RunID) async throws -> [RunEvent] {
    let events = Shared<[RunEvent]>([])
    try await operatorClient.watch(run) { json in
      if let event = try? CanonicalJSON.decode(RunEvent.self, from: json) {
        events.change { $0.append(event) }
      }
    }
    return events.value
  }
}

extension Participant {
  /// A hospital that approves everything, or what its consent says.
  init(
    _ name: ParticipantID, of hospitals: FourHospitals, _ identity: Identity,
    consent: Consent = Consent(.open), options: Options = Options(),
    read: @escaping @Sendable () -> Void = {},
    observe: @escaping @Sendable (ParticipantEvent) -> Void = { _ in }
  ) {
    let table = hospitals.table(of: name)
    self.init(
      identity, folder: hospitals.state(of: name), consent: consent,
      delegate: ParticipantDelegate(
        data: { task in
          read()
          return try LocalData(csv: table, for: task, participant: name)
        }, observe: observe), options: options)
  }
}
