import AtollFederation
import AtollLearning
import AtollNumerics
import AtollStore

/// A model of an earlier run, as a command was given it.
struct SavedModel {
  let path: String
  let model: LearnedModel
  /// How the tables that it learnt from are written; nil for images.
  let tables: AtollLearning.TableFormat?

  /// - Parameter path: a run's folder, its `model.safetensors` or its `model.json`.
  /// - Throws: ``Failure`` that names the file at fault.
  init(_ path: String) throws {
    self.path = path
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let isFile = name.hasSuffix(".safetensors") || name.hasSuffix(".json")
    guard !isFile || name == "model.safetensors" || name == "model.json" else {
      throw Failure(
        .badInput,
        "\(path): a model is the pair model.safetensors and model.json; files of other names are not read",
        details: ["file": .string(path)])
    }
    do {
      let file = try ModelFile(reading: path)
      (model, tables) = (file.model, file.tables)
    } catch let error as SafetensorsError {
      throw Failure(
        .badInput, "\(path): this is no model that can be read: \(error.message)",
        details: ["file": .string(path)])
    } catch let error as StoreError where !isFile {
      guard (try? FileSource(path).forEachChunk { _ in }) != nil else { throw error }
      throw Failure(
        .badInput, "\(path): this is no model", try: ["the model first, then the data"],
        details: ["file": .string(path)])
    }
  }

  /// How people call the classes, in order; none for regression.
  var classNames: [String] { model.classNames }

  /// `logistic, 31 numbers, of round 20`
  var words: String {
    let round = model.round == model.rounds ? "" : " of \(model.rounds)"
    return "\(model.architecture.kind.name), \(Figure.count(model.parameters.values.count, "number")), "
      + "from round \(model.round)\(round)"
  }

  /// What the model says about each example: `outputCount` numbers each, in the label's own unit.
  ///
  /// - Throws: ``Failure`` when a prediction is not a finite number.
  func outputs(for examples: Dataset) throws -> [Float] {
    let outputs = model.architecture.model.predictions(
      at: model.parameters, for: examples, using: Workspace())
    guard outputs.allSatisfy(\.isFinite) else {
      throw Failure(
        .badInput, "\(path): the model predicts numbers that are not finite; its training diverged")
    }
    guard model.architecture.prediction == .value else { return outputs }
    return outputs.map { Float(model.preparation.labelValue(of: Double($0))) }
  }
}
