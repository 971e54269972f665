import AtollLearning
import Foundation
import Testing

@testable import AtollFederation

struct TaskSchemaTests {
  /// Forms are read, written and listed from one description; this shows that nothing stands beside it.
  @Test func `the reader knows every key of the schema, and no other`() throws {
    let paths = TaskSchema.rows.filter { !$0.isKind }.map(\.path)
    #expect(paths.count > 80)
    #expect(Set(paths).count == paths.count)
    for path in paths where !path.contains("[]") && !path.contains("NAME") {
      // federation.strategy(fedprox).mu: the kind is set first.
      var overrides: [String] = []
      var plain = ""
      for part in path.split(separator: "(") {
        let pieces = part.split(separator: ")", maxSplits: 1)
        if pieces.count == 2 { overrides.append("\(plain).kind=\(pieces[0])") }
        plain += pieces.count == 2 ? pieces[1] : part
      }
      overrides.append("\(plain)=[[{}]]")
      let codes = problemCodes(overrides)
      #expect(
        !codes.contains(.unknownKey) && !codes.isEmpty, "\(path): \(faults(smallest, overrides: overrides))")
      let misspelt = problemCodes(overrides.dropLast() + ["\(plain)zzz=1"])
      #expect(misspelt.contains(.unknownKey), "\(path): \(misspelt)")
    }
  }

  @Test func `every key that is written is in the schema`() throws {
    let known = Set(TaskSchema.rows.filter { !$0.isKind }.map(\.name)).union(["kind"])
    var random = LinearCongruential(3)
    var written: Set<String> = []
    for _ in 0..<500 {
      guard let task = try? FederatedTask(yaml: YAMLWriter.text(randomTask(using: &random))) else { continue }
      collect(task.tree, into: &written)
    }
    // Names of participants and of columns are free.
    let free = written.subtracting(known)
    #expect(free.allSatisfy { $0.hasPrefix("site ") || $0.wholeMatch(of: /k[0-9]/) != nil }, "\(free)")
    #expect(written.intersection(known).count > 60)
  }

  @Test func `every key has a meaning, and every default is told`() {
    for row in TaskSchema.rows {
      #expect(!row.meaning.isEmpty, "\(row.path)")
      #expect(row.standard.isEmpty || !row.isRequired, "\(row.path)")
    }
    #expect(TaskSchema.rows.filter(\.isRequired).map(\.path).prefix(2) == ["task", "data"])
  }

  @Test func `the listing fits the terminal`() {
    for width in [80, 120] {
      let lines = TaskSchema.listing(width: width).split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.allSatisfy { $0.count <= width })
    }
    let listing = TaskSchema.listing()
    #expect(
      listing.contains(
        """
          rounds                  rounds of training; a whole number from 1 to 1000000
                                  (default: 20)
        """))
    #expect(
      listing.contains(
        """
            · fedprox             held near the global model (Li et al. 2020)
              mu                  how strongly; a number of at least 0 (default: 0.01)
        """))
  }

  /// Tried once with the Python packages jsonschema 4.26 (Draft202012Validator) and PyYAML 6.0.3: the schema
  /// is one, 302 tasks of `randomTask` are valid under it as they were made and in canonical form, and six
  /// broken ones are not.
  @Test func `the schema for editors is JSON with every key`() throws {
    let data = Data(TaskSchema.jsonSchema.utf8)
    let root = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(root["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
    #expect(root["required"] as? [String] == ["task", "data", "model"])
    #expect(root["additionalProperties"] as? Bool == false)
    var keys: Set<String> = []
    func walk(_ value: Any) {
      if let list = value as? [Any] { list.forEach(walk) }
      guard let map = value as? [String: Any] else { return }
      if let properties = map["properties"] as? [String: Any] { keys.formUnion(properties.keys) }
      map.values.forEach(walk)
    }
    walk(root)
    #expect(keys == Set(TaskSchema.rows.filter { !$0.isKind }.map(\.name)).union(["kind"]))
  }

  /// The subschema of a key: alternatives of a value stand under `anyOf`.
  private func schema(of path: String) throws -> [[String: Any]] {
    var found = [
      try #require(
        try JSONSerialization.jsonObject(with: Data(TaskSchema.jsonSchema.utf8)) as? [String: Any])
    ]
    func alternatives(_ schema: [String: Any]) -> [[String: Any]] {
      [schema] + (schema["anyOf"] as? [[String: Any]] ?? []).flatMap(alternatives)
    }
    for key in path.split(separator: ".") {
      found = found.flatMap(alternatives).compactMap {
        ($0["properties"] as? [String: Any])?[String(key)] as? [String: Any]
      }
    }
    return found.flatMap(alternatives)
  }

  @Test(arguments: [
    ("federation.deadline", "1s 604800s 10080m 168h 99m 7h", "0s 604801s 10081m 169h 9999h 1d 1.5h 01h"),
    ("data.label.positive", ">0 >=1.5e-3 !=benign =yes yes !x", "> < >=x = =="),
  ])
  func `patterns of the schema take what the reader takes`(path: String, good: String, bad: String) throws {
    let pattern = try #require(try schema(of: path).compactMap { $0["pattern"] as? String }.first)
    let regex = try Regex(pattern)
    for (texts, isGood) in [(good, true), (bad, false)] {
      for text in texts.split(separator: " ") {
        #expect((try regex.wholeMatch(in: String(text)) != nil) == isGood, "\(text)")
        let yaml = path.hasPrefix("data") ? "{column: malignant, positive: '\(text)'}" : String(text)
        let key = path.hasPrefix("data") ? "data.label" : path
        #expect(problems(smallest, overrides: ["\(key)=\(yaml)"]).isEmpty == isGood, "\(text)")
      }
    }
  }

  @Test func `the schema knows what must not repeat, be empty or be too large`() throws {
    for path in ["evaluation.metrics", "evaluation.baselines", "data.features", "federation.participants"] {
      #expect(try schema(of: path).contains { $0["uniqueItems"] as? Bool == true }, "\(path)")
    }
    #expect(try schema(of: "data.participants").contains { $0["minProperties"] as? Int == 1 })
    let seed = try schema(of: "federation.seed")
    #expect(seed.contains { ($0["maximum"] as? NSNumber)?.uint64Value == .max })
    let window = try schema(of: "model.layers").compactMap { $0["items"] as? [String: Any] }
      .flatMap { $0["anyOf"] as? [[String: Any]] ?? [] }
      .compactMap { ($0["properties"] as? [String: Any])?["window"] as? [String: Any] }
    #expect(window.first?["maximum"] as? Int == ModelLimits.window)
  }

  @Test func `what the engine refuses, the reader refuses`() {
    let images = [
      "data.participants=", "data.label=", "data.images=x", "data.labels=y", "data.partition=iid",
    ]
    for (layers, words) in [
      ("{kind: max-pooling, window: 17}", "must be a whole number from 1 to 16"),
      ("{kind: convolution, channels: 2, kernel: 3, padding: 3}", "padding 3 is not below the kernel, 3"),
    ] {
      let found = problems(smallest, overrides: images + ["model={kind: cnn, layers: [\(layers)]}"])
      #expect(found.first?.message.contains(words) == true, "\(found.map(\.message))")
    }
    #expect(
      problems(
        smallest, overrides: images + ["model={kind: cnn, layers: [{kind: max-pooling, window: 16}]}"]
      ).isEmpty)
  }

  private func problemCodes(_ overrides: [String]) -> [TaskError.Code] {
    do {
      _ = try FederatedTask(yaml: smallest, overrides: overrides)
      return []
    } catch {
      return error.problems.map(\.code)
    }
  }

  private func collect(_ value: YAMLValue, into keys: inout Set<String>) {
    switch value.content {
    case .scalar: break
    case .list(let items): items.forEach { collect($0, into: &keys) }
    case .map(let entries):
      for entry in entries {
        keys.insert(entry.key)
        collect(entry.value, into: &keys)
      }
    }
  }
}
