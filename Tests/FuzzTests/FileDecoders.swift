import AtollFederation
import AtollNumerics
import AtollPrivacy
import Foundation

@testable import AtollExternal
@testable import AtollLearning
@testable import AtollStore

/// What is read from files.
extension Decoder {
  static var files: [Decoder] {
    [
      Decoder("gzip", seeds: { gzipped }) { bytes in
        let path = try Scratch.file(bytes, "file.gz")
        try FileSource(path, inflatedLimit: 1 << 22).forEachChunk { _ in }
      },
      Decoder("manifest", seeds: { [try CanonicalJSON.encode(manifest())] }) { bytes in
        let manifest = try Manifest.read(Scratch.file(bytes, "manifest.json"))
        _ = try manifest.firstBrokenLink()
      },
      Decoder("receipts", seeds: { [try receipts()] }) { bytes in
        _ = try ReceiptAudit(contentsOf: Scratch.file(bytes, "receipts.jsonl"))
      },
      Decoder("ledger", seeds: { [try ledger()] }) { bytes in
        let audit = try LedgerAudit(contentsOf: Scratch.file(bytes, "ledger.jsonl"))
        for subject in audit.ledger.subjects { _ = audit.ledger.statements(of: subject) }
      },
      Decoder("model", seeds: { try models() }) { bytes in
        _ = try Scratch.file(Data(bytes), "model/model.json")
        _ = try ModelFile(reading: Scratch.path + "/model")
      },
      Decoder("trainer", seeds: { [Data("{\"steps\": 3, \"loss\": 0.5, \"correction\": \"control\"}".utf8)] })
      { bytes in
        let folder = try WorkFolder()
        defer { folder.remove() }
        try folder.write(bytes, to: "metrics.json")
        try folder.write(bytes, to: "result.safetensors")
        let layout = ParameterLayout([("w", [2, 3])])
        _ = try? TrainerResult.read(in: folder, like: layout)
        _ = try TrainerMetrics.read(in: folder)
      },
    ]
  }

  /// A stored block, and a member after a member.
  private static let gzipped: [Data] = {
    let one = Data([
      0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0x4B, 0x4C, 0x4A, 6, 0, 0xC2, 0x41, 0x24, 0x35, 3, 0, 0, 0,
    ])
    return [one, one + one]
  }()

  private static func manifest() throws -> Manifest {
    let records = try Specimen.shared.checkpoints.prefix(4).compactMap {
      try CanonicalJSON.decode(Checkpoint.self, from: $0).record
    }
    let header = RunHeader(
      atoll: "test", task: .ofNothing, seed: 7, data: ["a.csv": .ofNothing], participants: ["site"])
    return try Manifest(
      header: header, exchanges: records,
      model: ModelFile.Hashes(numbers: .ofNothing, description: .ofNothing))
  }

  private static func receipts() throws -> Data {
    let path = Scratch.path + "/book.jsonl"
    try? FileManager.default.removeItem(atPath: path)
    _ = try ReceiptBook(path, participant: "site")
    return try Data(contentsOf: URL(fileURLWithPath: path))
  }

  private static func ledger() throws -> Data {
    let path = Scratch.path + "/ledger-book.jsonl"
    try? FileManager.default.removeItem(atPath: path)
    try? FileManager.default.removeItem(atPath: path + ".head")
    let book = try LedgerBook(path, holder: "site")
    let noise = try PrivacyEvent(.gaussian(noiseMultiplier: 4))
    let event = try PrivacyEvent(.composed([PrivacyEvent(.repeated(noise, times: 2)), noise]))
    let table = try PrivacySubject.dataSet(.ofNothing, at: "site", named: "table")
    try book.charge(event, for: .exchange(0, of: "run"), of: table, unit: .record, relation: .zeroOut)
    try book.charge(
      event, for: .named("survey"), of: .population("members", at: "server"), unit: .participant,
      relation: .zeroOut)
    return try Data(contentsOf: URL(fileURLWithPath: path))
  }

  /// The description varies; the numbers beside it are the true ones.
  private static func models() throws -> [Data] {
    guard let model = Specimen.shared.models.first else { return [] }
    let folder = Scratch.path + "/model"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    _ = try ModelFile(model, tables: nil).write(to: folder)
    return [try Data(contentsOf: URL(fileURLWithPath: folder + "/model.json"))]
  }
}
