import AtollFederation
import AtollNumerics
import AtollStore
import AtollTraining
import FoundationEssentials

/// What a program left: `result.safetensors`.
enum TrainerResult {
  /// - Throws: ``TrainerFault`` unless the file has exactly the tensors of the layout, with finite numbers.
  static func read(in folder: WorkFolder, like layout: ParameterLayout) throws -> ParameterSet {
    let name = "result.safetensors"
    // Room for the header of a library that writes one of its own.
    let bytes = try folder.read(name, limit: 4 * layout.count + (1 << 20))
    guard let bytes else { throw TrainerFault("left no \(name)") }
    let result: ParameterSet
    do {
      result = try Safetensors.decode(bytes).parameters
    } catch {
      throw TrainerFault(
        "left a \(name) that cannot be used: \(error.message)",
        hint: error.code == .notFinite ? "a smaller learning-rate" : nil,
        isDivergence: error.code == .notFinite)
    }
    // Libraries write tensors in orders of their own.
    var values: [Float] = []
    values.reserveCapacity(layout.count)
    for tensor in layout.tensors {
      guard let found = result.layout[tensor.name] else {
        throw TrainerFault("left a \(name) without the tensor “\(tensor.name)”")
      }
      guard found.shape == tensor.shape else {
        throw TrainerFault(
          "left a \(name) whose tensor “\(tensor.name)” has the shape \(found.shape), not \(tensor.shape)")
      }
      values += result.values[found.range]
    }
    guard values.count == result.values.count else {
      throw TrainerFault("left a \(name) with tensors that the model has not")
    }
    return ParameterSet(layout: layout, values: values)
  }
}

/// What a program tells: `metrics.json`, which may be missing.
struct TrainerMetrics: Decodable {
  /// Steps that were taken, at least 1.
  var steps: Int?
  /// Mean loss over the examples.
  var loss: Double?
  /// The correction of the instruction, where the program has applied it.
  var correction: String?

  static func read(in folder: WorkFolder) throws -> TrainerMetrics {
    guard let bytes = try folder.read("metrics.json", limit: 1 << 20) else { return TrainerMetrics() }
    do {
      let metrics = try JSONDecoder().decode(TrainerMetrics.self, from: bytes)
      guard (1...1_000_000_000).contains(metrics.steps ?? 1) else {
        throw TrainerFault("tells of \(metrics.steps ?? 0) steps in metrics.json")
      }
      return metrics
    } catch let fault as TrainerFault {
      throw fault
    } catch {
      throw TrainerFault("left a metrics.json that is not the JSON of the contract")
    }
  }

  /// A correction that is not applied would make another algorithm of the strategy, unnoticed.
  func check(against wanted: GradientCorrection) throws(TrainerFault) {
    guard let name = wanted.name else { return }
    guard correction == name else {
      throw TrainerFault(
        "does not say in metrics.json that it applied the correction “\(name)”, which the strategy needs",
        hint: "fedavg, which needs none")
    }
    if case .control = wanted, steps == nil {
      throw TrainerFault("does not say in metrics.json how many steps it took, which the strategy needs")
    }
  }
}

/// A folder for one training, which only its owner can read.
struct WorkFolder {
  let path: String

  /// - Throws: `StoreError` when it cannot be made.
  init() throws { path = try makeTemporaryFolder(named: "atoll-trainer") }

  func write(_ bytes: Data, to name: String) throws {
    try writeAtomically(bytes, to: path + "/" + name, durably: false)
  }

  /// The bytes of a file; nil where there is none.
  ///
  /// - Throws: ``TrainerFault`` when it is larger than allowed, or no file.
  func read(_ name: String, limit: Int) throws -> Data? {
    do {
      return try readBytes(path + "/" + name, limit: limit)
    } catch {
      if error.code == .notFound { return nil }
      throw TrainerFault("left a \(name) that cannot be read: \(error.message)")
    }
  }

  func remove() { try? FileManager.default.removeItem(atPath: path) }
}
