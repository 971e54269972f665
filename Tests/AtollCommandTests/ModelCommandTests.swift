import Foundation
import Testing

@Suite struct ModelCommandTests {
  let models: Folder
  let folder: Folder

  init() throws {
    models = try TrainedModels.folder.get()
    folder = try Folder()
  }

  /// CSV text as rows of cells; no cell of these tests holds a comma.
  private func rows(_ text: String) -> [[String]] {
    text.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
  }

  // MARK: predict

  @Test func `two classes: name, and a probability for each`() throws {
    let ended = try Program.run("predict", "tumours/model", "tumours/sites/dalen.csv", in: models)
    #expect(ended.status == 0)
    let rows = rows(ended.output)
    #expect(rows[0] == ["row", "predicted", "probability_0", "probability_1"])
    #expect(rows.count == 60)
    for (index, row) in rows.dropFirst().enumerated() {
      #expect(row[0] == "\(index + 1)")
      let (no, yes) = (try #require(Double(row[2])), try #require(Double(row[3])))
      #expect(abs(no + yes - 1) < 1e-6)
      #expect(row[1] == (yes > 0.5 ? "1" : "0"))
    }
    #expect(ended.errors.hasPrefix("59 rows of tumours/sites/dalen.csv predicted by logistic, 31 numbers"))
    #expect(
      try Program.run("predict", "tumours/model", "tumours/sites/dalen.csv", "-q", in: models).errors.isEmpty)
  }

  @Test func `columns may stand in any order, with others between and without the label`() throws {
    let text = try models.text("tumours/sites/dalen.csv")
    let turned = rows(text).map { ["x"] + $0.dropLast().reversed() }
    try folder.write(turned.map { $0.joined(separator: ",") }.joined(separator: "\n"), to: "turned.csv")
    let model = models.path + "/tumours/model/model.safetensors"
    let own = try Program.run("predict", "tumours/model", "tumours/sites/dalen.csv", in: models)
    let other = try Program.run("predict", model, "turned.csv", in: folder)
    #expect(other.status == 0)
    #expect(own.output == other.output)
  }

  @Test func `numbers, several classes and margins have columns of their own`() throws {
    let stay = try Program.run("predict", "wards/stay", "wards/north.csv", in: models)
    #expect(rows(stay.output)[0] == ["row", "predicted"])
    #expect(rows(stay.output).dropFirst().allSatisfy { Double($0[1]) != nil })
    let outcome = try Program.run("predict", "wards/outcome", "wards/north.csv", in: models)
    #expect(
      rows(outcome.output)[0]
        == ["row", "predicted", "probability_care", "probability_died", "probability_home"])
    for row in rows(outcome.output).dropFirst() {
      let chances = row[2...].compactMap { Double($0) }
      #expect(abs(chances.reduce(0, +) - 1) < 1e-5)
      let best = try #require(chances.indices.max { chances[$0] < chances[$1] })
      #expect(row[1] == ["care", "died", "home"][best])
    }
    let fever = try Program.run("predict", "wards/fever", "wards/north.csv", in: models)
    #expect(rows(fever.output)[0] == ["row", "predicted", "score"])
    for row in rows(fever.output).dropFirst() {
      #expect(row[1] == (try #require(Double(row[2])) > 0 ? "yes" : "no"))
    }
  }

  @Test func `gaps are filled in or left empty as in training, and said`() throws {
    let filled = try Program.run("predict", "wards/outcome", "wards/north.csv", in: models)
    #expect(filled.errors.contains("warning: 5 rows lack a value; it is filled in as in training\n"))
    let strict = try Program.run("predict", "wards/strict", "wards/north.csv", in: models)
    #expect(strict.errors.contains("warning: 5 rows that lack a value have no prediction\n"))
    let rows = rows(strict.output)
    #expect(rows.count == 61)
    #expect(rows[6] == ["6", "", "", ""])
  }

  @Test func `values that the model never saw are warned of`() throws {
    try folder.write("age,ward\n50,med\n60,lounge\n", to: "new.csv")
    let ended = try Program.run("predict", models.path + "/wards/outcome", "new.csv", in: folder)
    #expect(ended.status == 0)
    #expect(ended.errors.contains("ward: 1 row has a value that the model never saw"))
  }

  @Test func `every prediction is an event`() throws {
    let ended = try Program.run("predict", "wards/outcome", "wards/north.csv", "--json", in: models)
    let events = try ended.events()
    let predictions = events.filter { $0["event"] as? String == "prediction" }
    #expect(predictions.count == 60)
    #expect((predictions[0]["probabilities"] as? [String: Double])?.count == 3)
    #expect(events.last?["event"] as? String == "finished")
    #expect(events.last?["predicted"] as? Int == 60)
  }

  @Test func `a file is written as a whole, once, and never over another`() throws {
    let model = models.path + "/wards/outcome"
    let data = models.path + "/wards/north.csv"
    let first = try Program.run("predict", model, data, "--out", "out.csv", in: folder)
    #expect(first.status == 0)
    #expect(first.output.hasPrefix("60 rows of"))
    let direct = try Program.run("predict", model, data, in: folder)
    #expect(try folder.text("out.csv") == direct.output)
    let second = try Program.run("predict", model, data, "--out", "out.csv", in: folder)
    #expect(second.status == 73)
    #expect(second.errors.contains("out.csv is there already"))
    let away = try Program.run("predict", model, data, "--out", "no/such/out.csv", in: folder)
    #expect(away.status == 73)
    #expect(folder.names == ["out.csv"])
  }

  #if os(Linux)
    @Test func `a full disk exits with 73`() throws {
      let line = "$atoll predict wards/outcome wards/north.csv > /dev/full"
      let ended = try Program.shell(line, in: models)
      #expect(ended.status == 73)
      #expect(ended.errors.contains("no space left"))
    }
  #endif

  @Test func `a reader that goes away ends the command quietly`() throws {
    let line = "$atoll predict tumours/model big.csv | head -n 1"
    let site = try models.text("tumours/sites/ashford.csv").split(separator: "\n")
    let many = [site[0]] + (0..<80).flatMap { _ in site.dropFirst() }
    try folder.write(many.joined(separator: "\n"), to: "big.csv")
    let ended = try Program.shell(
      line.replacingOccurrences(of: "tumours", with: models.path + "/tumours"), in: folder)
    #expect(ended.output.hasPrefix("row,"))
    #expect(ended.lines.count == 1)
    #expect(ended.errors.isEmpty)
  }

  // MARK: evaluate

  @Test func `a classifier is told with all its figures and its confusions`() throws {
    let ended = try Program.run("evaluate", "tumours/model", "tumours/sites/dalen.csv", in: models)
    #expect(ended.status == 0)
    #expect(ended.lines.contains { $0.hasPrefix("metric ") && $0.hasSuffix(" value") })
    for metric in [
      "accuracy", "balanced accuracy", "AUC", "average precision", "F1", "log loss", "calibration error",
    ] {
      #expect(ended.lines.contains { $0.hasPrefix(metric + " ") })
    }
    let events = try Program.run(
      "evaluate", "tumours/model", "tumours/sites/dalen.csv", "--json", in: models
    ).events()
    let event = try #require(events.last)
    #expect(event["event"] as? String == "evaluated")
    #expect(event["rows"] as? Int == 59)
    let confusion = try #require(event["confusion"] as? [[Int]])
    #expect(confusion.map { $0.reduce(0, +) } == [23, 36])
    let accuracy = try #require((event["metrics"] as? [String: Double])?["accuracy"])
    #expect(abs(accuracy - Double(confusion[0][0] + confusion[1][1]) / 59) < 1e-12)
  }

  @Test func `figures agree with the predictions of the same model`() throws {
    let predicted = try Program.run("predict", "wards/stay", "wards/north.csv", in: models)
    let truth = rows(try models.text("wards/north.csv")).dropFirst().compactMap { Double($0[2]) }
    let values = rows(predicted.output).dropFirst().compactMap { Double($0[1]) }
    let mae = zip(truth, values).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(truth.count)
    let events = try Program.run("evaluate", "wards/stay", "wards/north.csv", "--json", in: models).events()
    let metrics = try #require(events.last?["metrics"] as? [String: Double])
    #expect(Set(metrics.keys) == ["rmse", "mae", "r2"])
    #expect(abs(try #require(metrics["mae"]) - mae) < 1e-5)
  }

  @Test func `a margin has no probabilities to judge, and one class no AUC`() throws {
    let ended = try Program.run("evaluate", "wards/fever", "wards/south.csv", in: models)
    #expect(!ended.output.contains("log loss"))
    let lines = try models.text("wards/north.csv").split(separator: "\n")
    try folder.write(
      ([lines[0]] + lines.filter { $0.hasSuffix(",yes") }).joined(separator: "\n"), to: "one.csv")
    let one = try Program.run("evaluate", models.path + "/wards/strict", "one.csv", in: folder)
    #expect(one.status == 0)
    #expect(one.output.contains("Undefined on these rows: AUC."))
  }

  // MARK: How tables are written

  /// A model of tables without a header line, with semicolons, decimal commas and a sign of their own for no value.
  private func headerless() throws -> Folder {
    let folder = try Folder()
    let rows = (0..<60).map { row in
      "\(row % 7 == 3 ? "-9" : "\(20 + row % 50),5");\(row % 11);\(row % 50 > 25 ? 1 : 0)"
    }
    for site in ["a", "b"] { try folder.write(rows.joined(separator: "\n"), to: "data/\(site).txt") }
    try folder.write(
      """
      task: classification
      data:
        participants: [data/a.txt, data/b.txt]
        columns: [alter, puls, krank]
        delimiter: ';'
        decimal: comma
        missing-values: ['', '-9']
        map: {age: alter}
        label: krank
      model: logistic
      federation: {rounds: 2}
      evaluation: {baselines: []}
      """, to: "task.yaml")
    return folder
  }

  @Test func `a model knows how its tables are written: hints run as typed`() throws {
    let folder = try headerless()
    let ended = try Program.run("run", "task.yaml", "--out", "run", in: folder)
    #expect(ended.status == 0, "\(ended.errors)")
    let hints = ended.lines.compactMap { line in
      line.range(of: "atoll ").map { String(line[$0.upperBound...]) }
    }
    #expect(hints.contains("predict run data/a.txt"))
    for hint in hints where !hint.contains("--seeds") {
      let ended = try Program.shell("$atoll \(hint)", in: folder)
      #expect(ended.status == 0, "\(hint)\n\(ended.errors)")
    }
    let predicted = try Program.run("predict", "run", "data/a.txt", in: folder)
    #expect(predicted.errors.contains("9 rows lack a value"), "\(predicted.errors)")
    #expect(try Program.run("evaluate", "run", "data/a.txt", in: folder).status == 0)
  }

  @Test func `options go before what a model knows, and a header line is seen`() throws {
    let folder = try headerless()
    try #require(try Program.run("run", "task.yaml", "--out", "run", in: folder).status == 0)
    let own = try Program.run("predict", "run", "data/a.txt", in: folder)
    let text = try folder.text("data/a.txt")
    try folder.write("alter;puls;krank\n" + text, to: "headed.txt")
    #expect(try Program.run("predict", "run", "headed.txt", in: folder).output == own.output)
    try folder.write("puls;age;krank\n" + rows2(text), to: "renamed.txt")
    #expect(try Program.run("predict", "run", "renamed.txt", in: folder).output == own.output)
    let other = text.replacingOccurrences(of: ",", with: ".").replacingOccurrences(of: ";", with: ",")
    try folder.write(
      "alter,puls,krank\n" + other.replacingOccurrences(of: "-9", with: "none"), to: "other.csv")
    let spoken = try Program.run(
      "predict", "run", "other.csv", "--delimiter", ",", "--decimal", "point", "--missing-values", "none",
      in: folder)
    #expect(spoken.status == 0, "\(spoken.errors)")
    #expect(spoken.output == own.output)
  }

  /// The first two of three columns, parted by semicolons, the other way round.
  private func rows2(_ text: String) -> String {
    text.split(separator: "\n").map { line in
      let cells = line.split(separator: ";")
      return "\(cells[1]);\(cells[0]);\(cells[2])"
    }.joined(separator: "\n")
  }

  @Test func `a table in many parts gives what its rows give`() throws {
    let site = try models.text("wards/north.csv").split(separator: "\n").map(String.init)
    let many = (0..<1_500).flatMap { _ in site.dropFirst() }
    try folder.write(([site[0]] + many).joined(separator: "\n"), to: "many.csv")
    let model = models.path + "/wards/outcome"
    let one = rows(try Program.run("predict", "wards/outcome", "wards/north.csv", in: models).output)
    let ended = try Program.run("predict", model, "many.csv", "--out", "out.csv", in: folder)
    #expect(ended.status == 0)
    #expect(ended.errors.contains("7,500 rows lack a value"), "\(ended.errors)")
    let all = rows(try folder.text("out.csv"))
    #expect(all.count == 90_001)
    #expect(all.dropFirst().enumerated().allSatisfy { $1[0] == "\($0 + 1)" })
    #expect(
      all.dropFirst().enumerated().allSatisfy { $1.dropFirst() == one[1 + $0 % 60].dropFirst() })
    let small = try Program.run("evaluate", "wards/outcome", "wards/north.csv", "--json", in: models).events()
    let large = try Program.run("evaluate", model, "many.csv", "--json", in: folder).events()
    let metrics = try [small, large].map { try #require($0.last?["metrics"] as? [String: Double]) }
    for (name, value) in metrics[0] { #expect(abs(value - (metrics[1][name] ?? 9)) < 1e-9, "\(name)") }
  }

  // MARK: What does not fit

  /// What is changed in a good `model.json`.
  static let descriptions: [(name: String, change: @Sendable (inout [String: Any]) -> Void)] = [
    (
      "with a feature less",
      {
        $0.edit("preparation", "preprocessing") { pre in
          pre["features"] = Array((pre["features"] as? [Any] ?? []).dropLast())
        }
      }
    ),
    (
      "with a feature more",
      {
        $0.edit("preparation", "preprocessing") { pre in
          let features = pre["features"] as? [Any] ?? []
          pre["features"] = features + features.prefix(1)
        }
      }
    ),
    (
      "that divides by nothing",
      {
        $0.edit("preparation", "preprocessing") { pre in
          pre["features"] = [
            ["column": "age", "transform": ["number": ["_0": ["offset": 0, "divisor": 0]]]] as [String: Any]
          ]
        }
      }
    ),
    ("of a huge shape", { $0.edit("preparation") { $0["inputShape"] = [1 << 62] } }),
    ("of another huge shape", { $0.edit("architecture") { $0["input"] = [1 << 62] } }),
    ("of other classes", { $0.edit("architecture") { $0["classes"] = 7 } }),
    ("of other classes in its data", { $0.edit("preparation") { $0["classes"] = 2 } }),
    ("of a later round than there are", { $0["round"] = 99 }),
    ("without a preparation", { $0["preparation"] = nil }),
    ("with a delimiter of two signs", { $0.edit("tables") { $0["delimiter"] = ";;" } }),
  ]

  @Test(arguments: descriptions.indices)
  func `a description that contradicts itself is refused, not trusted`(_ index: Int) throws {
    let (name, change) = Self.descriptions[index]
    let good = models.path + "/wards/outcome/"
    let text = try Data(contentsOf: URL(fileURLWithPath: good + "model.json"))
    var description = try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
    change(&description)
    let changed = [UInt8](try JSONSerialization.data(withJSONObject: description))
    try folder.write(changed, to: "bad/model.json")
    let numbers = [UInt8](try Data(contentsOf: URL(fileURLWithPath: good + "model.safetensors")))
    try folder.write(numbers, to: "bad/model.safetensors")
    for command in ["predict", "evaluate"] {
      let ended = try Program.run(command, "bad", good + "../north.csv", in: folder, deadline: 20)
      #expect(ended.status == 65, "\(name): \(ended.errors)")
      #expect(ended.errors.hasPrefix("error: bad/model.json: not a model's description:"), "\(ended.errors)")
      #expect(ended.output.isEmpty)
    }
  }

  @Test func `model and data that do not fit each other`() throws {
    try folder.write("a,b\n1,2\n2,3\n", to: "other.csv")
    try folder.write("age,ward\nold,med\n50,med\n60,icu\n70,icu\n", to: "text.csv")
    try folder.write([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7], to: "images")
    let model = models.path + "/wards/outcome"
    for (command, file, words) in [
      ("predict", "other.csv", "it lacks 2 of the model's 2 columns: age, ward"),
      ("evaluate", "other.csv", "it lacks 2 of the model's 2 columns"),
      ("predict", "text.csv", "text.csv:2:1: “old” is not a number (column age)"),
      ("predict", "images", "the model takes tables, and these are images"),
    ] {
      let ended = try Program.run(command, model, file, in: folder)
      #expect(ended.status == 65)
      #expect(ended.output.isEmpty)
      // Wrapped at blanks, so compared without line ends.
      let errors = ended.errors.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      #expect(errors.contains(words), "\(ended.errors)")
    }
    try folder.write("age,ward\n50,med\n", to: "bare.csv")
    let bare = try Program.run("evaluate", model, "bare.csv", in: folder)
    #expect(bare.status == 65)
    #expect(bare.errors.contains("“outcome”"))
    try folder.write("age,ward,outcome\n50,med,moved\n", to: "strange.csv")
    let strange = try Program.run("evaluate", model, "strange.csv", in: folder)
    #expect(strange.status == 65)
    #expect(strange.errors.contains("none of the classes"))
  }

  @Test func `broken and hostile models are refused with their name`() throws {
    let good = models.path + "/wards/outcome/"
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: good + "model.safetensors")))
    let description = [UInt8](try Data(contentsOf: URL(fileURLWithPath: good + "model.json")))
    var long = bytes
    long.replaceSubrange(0..<8, with: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F])
    var changed = bytes
    changed[changed.count - 1] ^= 1
    for (name, model) in [
      ("cut", Array(bytes.dropLast(3))), ("long", long), ("trailing", bytes + [0]), ("changed", changed),
      ("empty", []),
    ] {
      try folder.write(model, to: "\(name)/model.safetensors")
      try folder.write(description, to: "\(name)/model.json")
      let ended = try Program.run("predict", name, good + "../north.csv", in: folder, deadline: 10)
      #expect(ended.status == 65)
      #expect(ended.errors.hasPrefix("error: \(name)"))
      #expect(ended.errors.contains("Nothing was predicted and nothing was written."))
    }
    try folder.write(bytes, to: "alone/model.safetensors")
    #expect(try Program.run("predict", "alone", good + "../north.csv", in: folder).status == 65)
    try folder.write("{}", to: "alone/model.json")
    #expect(try Program.run("predict", "alone", good + "../north.csv", in: folder).status == 65)
    try folder.write(bytes, to: "alone/best.safetensors")
    let named = try Program.run("predict", "alone/best.safetensors", good + "../north.csv", in: folder)
    #expect(named.errors.contains("files of other names are not read"))
    let swapped = try Program.run("predict", good + "../north.csv", good, in: folder)
    #expect(swapped.status == 65)
    #expect(swapped.errors.contains("this is no model"))
  }
}

extension [String: Any] {
  /// Changes what lies under some keys.
  fileprivate mutating func edit(_ path: String..., change: (inout [String: Any]) -> Void) {
    func edited(_ value: [String: Any], _ path: ArraySlice<String>) -> [String: Any] {
      var value = value
      guard let key = path.first else {
        change(&value)
        return value
      }
      value[key] = edited(value[key] as? [String: Any] ?? [:], path.dropFirst())
      return value
    }
    self = edited(self, path[...])
  }
}
