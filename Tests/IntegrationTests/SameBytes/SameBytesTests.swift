import AtollNumerics
import Foundation
import Testing

/// design.md, invariant 1: a model's bytes follow from task, data, seed and contributors alone.
@Suite(.serialized) struct `Same bytes` {
  /// SHA-256 of each study's model, trained on one thread with the machine's own kernels.
  private static let references: Result<[String: String], any Error> = Result {
    var models: [String: String] = [:]
    for study in Study.all { models[study.name] = try model(of: study, "--threads", "1") }
    return models
  }

  private static func model(
    of study: Study, _ arguments: String..., environment: [String: String] = [:]
  ) throws -> String {
    let folder = try study.folder()
    let process = try AtollProcess(
      ["run", "task.yaml", "--json", "--out", "run"] + arguments, in: folder, environment: environment)
    let ended = try process.wait()
    try #require(ended.status == 0, "\(study.name) \(arguments) \(environment): \(ended.errors)")
    let model = try ended.model()
    #expect(ContentHash(of: try folder.bytes("run/model.safetensors")).hexadecimal == model)
    return model
  }

  private func reference(of study: Study) throws -> String {
    try #require(try Self.references.get()[study.name])
  }

  @Test func `differ from study to study`() throws {
    #expect(Set(try Self.references.get().values).count == Study.all.count)
  }

  @Test func `differ with the seed`() throws {
    #expect(try Self.model(of: .cnn, "--seed", "8") != reference(of: .cnn))
  }

  @Test(arguments: Study.all, ["2", "7"])
  func `on any number of threads`(_ study: Study, threads: String) throws {
    #expect(try Self.model(of: study, "--threads", threads) == reference(of: study))
  }

  @Test(arguments: Study.all, Kernels.available.map(\.name).filter { $0 != "portable" })
  func `with any vector width`(_ study: Study, kernels: String) throws {
    #expect(try Self.model(of: study, environment: ["ATOLL_KERNELS": kernels]) == reference(of: study))
  }

  @Test(arguments: [Study.logistic, .cnn])
  func `without vectors`(_ study: Study) throws {
    #expect(try Self.model(of: study, environment: ["ATOLL_KERNELS": "portable"]) == reference(of: study))
  }

  #if canImport(Glibc)
    /// Makes glibc's mathematical functions give other last bits, as on another processor.
    private static let otherLibrary = ["GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA"]

    /// What Tests/MathProbe prints.
    private func probe(_ environment: [String: String]) throws -> String {
      let folder = try Folder()
      let path = AtollProcess.path.replacing(/atoll$/, with: "MathProbe")
      let ended = try AtollProcess([], in: folder, environment: environment, executable: path).wait()
      try #require(ended.status == 0 && ended.output.contains("exp"))
      return ended.output
    }

    @Test(arguments: Study.all)
    func `whatever the system's mathematical library gives`(_ study: Study) throws {
      #expect(try Self.model(of: study, environment: Self.otherLibrary) == reference(of: study))
    }

    /// Only so does the test before this one say something.
    @Test func `and the mathematical library does give something else`() throws {
      #if arch(x86_64)
        guard Kernels.available.contains(where: { $0.name == "avx2" }) else {
          print("This processor has no FMA: the system's mathematical library has one variant only.")
          return
        }
        #expect(try probe(Self.otherLibrary) != probe([:]))
      #endif
      #expect(try probe([:]) == probe([:]))
    }
  #endif
}
