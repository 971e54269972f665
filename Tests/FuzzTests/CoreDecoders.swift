import AtollFederation
import AtollNumerics
import Foundation

@testable import AtollLearning

/// What is read from memory.
extension Decoder {
  static var core: [Decoder] {
    [
      Decoder("safetensors", seeds: { [parameters] }) { bytes in _ = try Safetensors.decode(bytes) },
      Decoder("answer", seeds: { Specimen.shared.answers }) { bytes in
        let queries = Specimen.shared.queries
        guard let first = bytes.first else { return }
        _ = try EncodedAnswer.decode(Data(bytes.dropFirst()), answering: queries[Int(first) % queries.count])
      },
      question, checkpoint,
      Decoder("protection", seeds: { Specimen.shared.protections }) { bytes in
        let _: UpdateProtection = try CanonicalJSON.decode(from: bytes)
      },
      Decoder("event", seeds: { try events() }) { bytes in
        let _: RunEvent = try CanonicalJSON.decode(from: bytes)
      },
      Decoder("memory", seeds: { [memory.bytes, Data()] }) { bytes in _ = LocalState(bytes: bytes) },
      Decoder("task", seeds: { Specimen.shared.tasks.map { Data($0.yaml.utf8) } + taskTexts }) { bytes in
        let task = try FederatedTask(yaml: String(decoding: bytes, as: UTF8.self))
        _ = (task.yaml, task.contentHash)
        try task.checkDeployable()
        _ = try task.program()
      },
      Decoder("policy", seeds: { policies }) { bytes in
        _ = try Policy(yaml: String(decoding: bytes, as: UTF8.self)).yaml
      },
      Decoder("csv", seeds: { tables }) { bytes in
        _ = try Table(csv: MemorySource(Array(bytes), name: "table.csv"))
      },
      Decoder("idx", seeds: { arrays }) { bytes in
        _ = try IDXArray(idx: MemorySource(Array(bytes), name: "array.idx"))
      },
    ]
  }

  private static var parameters: Data {
    Safetensors.encode(
      ParameterSet(layout: ParameterLayout([("w", [2, 3]), ("b", [3])]), values: (0..<9).map(Float.init)),
      metadata: ["by": "test"])
  }

  private static var memory: LocalState {
    var state = LocalState()
    state.keep([1, 2, 3], as: "control")
    state["other"] = Data("bytes".utf8)
    return state
  }

  private static var question: Decoder {
    Decoder(
      "question",
      seeds: { Specimen.shared.questions.map { Data($0.kind.utf8) + Data("\n".utf8) + $0.query } }
    ) { bytes in
      let parts = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { return }
      let question = Checkpoint.Question(
        kind: String(decoding: parts[0], as: UTF8.self), query: Data(parts[1]))
      let query = try WorkerRegistry.training.decode(question, blobs: Specimen.shared.blobs)
      _ = (EncodedAnswer.limit(of: query.reply), query.reply.byteCount, query.demand)
    }
  }

  private static var checkpoint: Decoder {
    Decoder("checkpoint", seeds: { Specimen.shared.checkpoints }) { bytes in
      let checkpoint: Checkpoint = try CanonicalJSON.decode(from: bytes)
      func resume<P: FederatedProgram<LearnedModel>>(_ program: P) throws {
        let state = try RunState<P>(
          resuming: checkpoint, header: .ofNothing, blobs: Specimen.shared.blobs)
        _ = try state.program.next()
      }
      // A checkpoint is of one of the programs, and the others refuse it.
      var refusal: (any Error)?
      for task in Specimen.shared.tasks {
        do {
          return try resume(task.program())
        } catch {
          refusal = error
        }
      }
      if let refusal { throw refusal }
    }
  }

  private static func events() throws -> [Data] {
    try [
      RunEvent.note("scaling fitted"),
      .round(RoundReport(round: 3, participants: 4, cohort: 5, bytesUp: 6, bytesDown: 7), seconds: 1.5),
    ].map { try CanonicalJSON.encode($0) }
  }

  private static let taskTexts = [
    """
    task: regression
    name: prices
    data:
      columns: [age, sex, num]
      participants: {a: sites/a.csv, b: sites/b.csv}
      label: {column: num, positive: '> 0'}
      group: patient
      preprocess: {missing: mean, scale: standard, categories: one-hot}
      test: 0.2
    model: {kind: linear}
    training: {optimizer: sgd, learning-rate: 0.05, batch-size: full, local-epochs: 1}
    federation: {strategy: {kind: fedadam, learning-rate: 0.01}, rounds: 20, cohort: 0.5, quorum: 0.67, deadline: 10m}
    protection: {clip: 1.0}
    evaluation: {every: 2, metrics: [rmse], baselines: []}
    """, "task: classification\nmodel: &a {kind: cnn}\ndata: *a\n",
  ].map { Data($0.utf8) }

  private static let policies = [
    "version: 1\nmodels: [logistic, mlp]\nrounds: 100\n",
    "policy: 1\nallow: {questions: [columns, statistics]}\n",
  ].map { Data($0.utf8) }

  private static let tables = [
    "age,sex,day,y\n1.5,f,2020-02-29,1\n-2e3,\"m \"\"x\"\"\",1999-12-31,0\n,,,\n",
    "a;b\r\n1,5;x\r\n2,25;y\r\n",
    "\u{FEFF}id,text\n1,\u{FC}ber\n2,\u{1F600}\n",
  ].map { Data($0.utf8) }

  private static let arrays = [
    Data([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]),
    Data([0, 0, 0x0D, 1, 0, 0, 0, 2, 0x3F, 0x80, 0, 0, 0x40, 0, 0, 0]),
    Data([0, 0, 0x0C, 1, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF]),
  ]
}
