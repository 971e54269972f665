import AtollClient
import AtollFederation
import AtollNumerics
import AtollSimulation
import AtollStore
import AtollWire
import Foundation
import Testing

@testable import AtollServer

/// A server and four participants that have images, over loopback, end with the bytes of `atoll run`.
@Suite(.timeLimit(.minutes(5))) struct `A deployed run on images` {
  @Test(arguments: [
    "{rounds: 3}", "{strategy: scaffold, rounds: 2, cohort: 3}",
    "{strategy: fedadam, rounds: 2, initial: participants}",
  ])
  func `ends with the model of atoll run`(federation: String) async throws {
    let hospitals = try FourHospitals()
    let named = try hospitals.imageTask(federation: federation)
    let expected = try hospitals.simulated(named)
    // What is declared changes no byte: a simulation finds out the same.
    #expect(
      try hospitals.simulated(named.setting(["data.shape=", "data.classes="])) == expected)

    let server = TestServer(in: hospitals.folder)
    let (run, events) = try await server.deploy(named, to: hospitals) {
      Participant($0, withImagesOf: hospitals, $1)
    }
    #expect(events.model == expected)
    let manifest = try Manifest.read("\(server.state)/runs/\(run)")
    #expect(try manifest.firstBrokenLink() == nil)
    #expect(manifest.header.task == named.contentHash)
    #expect(try hospitals.simulated(named, like: manifest) == expected)
    for name in FourHospitals.names { #expect(try !hospitals.receipts(of: name).isEmpty) }
  }

  @Test func `needs no file in the task`() async throws {
    let hospitals = try FourHospitals()
    let task = try hospitals.imageTask(federation: "{rounds: 2}").setting(["data.participants=own"])
    let sources = Dictionary(
      uniqueKeysWithValues: FourHospitals.names.map { ($0, hospitals.images(of: $0)) })
    let run = try TaskRun(
      task, data: TaskData(task, participants: Participants(sources: sources)),
      folder: hospitals.folder.path + "/own", version: "test", options: TaskRun.Options(threads: 2))
    let expected = try run.complete { _ in }.finished.hash
    let server = TestServer(in: hospitals.folder)
    let events = try await server.deploy(task, to: hospitals) {
      Participant($0, withImagesOf: hospitals, $1)
    }.events
    #expect(events.model == expected)
  }

  @Test func `goes on without whose images are not those of the task`() async throws {
    let hospitals = try FourHospitals()
    let task = try hospitals.imageTask(federation: "{rounds: 2, quorum: 0.5, deadline: 20s}")
    let declined = Shared<[String]>([])
    let server = TestServer(in: hospitals.folder)
    let events = try await server.deploy(task, to: hospitals) { name, identity in
      // Corvo takes its images for its labels.
      let own = hospitals.images(of: name, swapped: name == "corvo")
      return Participant(name, withImagesOf: hospitals, identity, from: own) { event in
        if case .declined(_, _, _, let reason, _) = event { declined.change { $0.append(reason) } }
      }
    }.events
    #expect(events.model != nil, "\(events)")
    #expect(declined.value.contains { $0.contains("dimensions where 3 are expected") }, "\(declined.value)")
  }
}

extension FourHospitals {
  /// A task of images of 6 × 5 pixels, which are written beside the tables. Dalen has never seen the third class.
  fileprivate func imageTask(federation: String) throws -> FederatedTask {
    for (index, name) in Self.names.enumerated() {
      var coins = RandomStream(seed: 1, purpose: .partition, participant: name.name)
      let count = 40 + 7 * index
      var labels: [UInt8] = []
      var pixels: [UInt8] = []
      for image in 0..<count {
        let label = image % (name == "dalen" ? 2 : 3)
        labels.append(UInt8(label))
        for place in 0..<30 {
          let isBright = [place % 2 == 0, place < 15, place % 5 == 2][label]
          pixels.append((isBright ? 128 : 0) + UInt8(coins.below(100)))
        }
      }
      try write(
        [0, 0, 8, 3, 0, 0, 0, UInt8(count), 0, 0, 0, 6, 0, 0, 0, 5] + pixels, to: "\(name).images.idx")
      try write([0, 0, 8, 1, 0, 0, 0, UInt8(count)] + labels, to: "\(name).labels.idx")
    }
    let sources = Self.names.map { "{images: \($0).images.idx, labels: \($0).labels.idx}" }
    let participants = zip(Self.names, sources).map { "\($0): \($1)" }.joined(separator: ", ")
    return try FederatedTask(
      yaml: """
        task: classification
        name: scans
        data:
          participants: {\(participants)}
          shape: [6, 5, 1]
          classes: 3
          test: 0.2
        model:
          kind: cnn
          layers: [{kind: convolution, channels: 3, kernel: 3, padding: 1}, relu, max-pooling]
        training: {learning-rate: 0.05, batch-size: 10}
        federation: \(federation)
        evaluation: {baselines: []}
        """, folder: folder.path)
  }

  private func write(_ bytes: [UInt8], to name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: folder.path + "/" + name))
  }

  fileprivate func images(of participant: ParticipantID, swapped: Bool = false) -> DataSource {
    let files = ["images", "labels"].map { "\(folder.path)/\(participant).\($0).idx" }
    return DataSource(.images(path: files[swapped ? 1 : 0], labels: files[swapped ? 0 : 1]))
  }
}

extension Participant {
  /// A hospital that approves everything and brings images.
  fileprivate init(
    _ name: ParticipantID, withImagesOf hospitals: FourHospitals, _ identity: Identity,
    from source: DataSource? = nil, observe: @escaping @Sendable (ParticipantEvent) -> Void = { _ in }
  ) {
    let source = source ?? hospitals.images(of: name)
    self.init(
      identity, folder: hospitals.state(of: name), consent: Consent(.open),
      delegate: ParticipantDelegate(
        data: { task in try LocalData(source, for: task, participant: name) }, observe: observe))
  }
}
