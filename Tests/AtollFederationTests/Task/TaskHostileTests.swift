import Testing

@testable import AtollFederation

/// Files that somebody made to do harm, or that an accident made.
struct TaskHostileTests {
  @Test(arguments: [
    (
      "a: &x 1\nb: *x",
      """
      task.yaml:6:4: anchors and aliases are refused: “&x”
              6 | a: &x 1
                |    ^ write the value out where it is used
      """
    ),
    (
      "a: *x",
      """
      task.yaml:6:4: anchors and aliases are refused
              6 | a: *x
                |    ^ write the value out where it is used
      """
    ),
    (
      "training:\n  <<: {shuffle: true}",
      """
      task.yaml:7:3: merge keys are refused
              7 |   <<: {shuffle: true}
                |   ^^ write the keys out where they are used
      """
    ),
    (
      "x: !!float 3",
      """
      task.yaml:6:4: tags are refused: “!!float”
              6 | x: !!float 3
                |    ^ leave it out
      """
    ),
    (
      "x: !mine [1]",
      """
      task.yaml:6:4: tags are refused: “!mine”
              6 | x: !mine [1]
                |    ^ leave it out
      """
    ),
    (
      "[a, b]: 1\n{a: b}: 2",
      """
      task.yaml:6:1: a key must be a word, not a list, a map or an anchor
              6 | [a, b]: 1
                | ^
      task.yaml:7:1: a key must be a word, not a list, a map or an anchor
              7 | {a: b}: 2
                | ^
      """
    ),
    (
      "---\ntask: regression",
      """
      task.yaml:6:1: a second document starts here
              6 | ---
                | ^ a task is one document
      """
    ),
    (
      "federation:\n\trounds: 3",
      """
      task.yaml:7:1: a tab indents this line; YAML is indented by blanks only
              7 | →rounds: 3
                | ^ put two blanks in its place
      """
    ),
    (
      "name: a\u{202E}b\nmodel2: \u{0}",
      """
      task.yaml:6:8: an invisible character, U+202E, stands here
              6 | name: a\u{202E}b
                |        ^ remove it
      task.yaml:7:9: an invisible character, U+0000, stands here
              7 | model2: \u{0}
                |         ^ remove it
      """
    ),
    (
      "training: {loss: [}",
      """
      task.yaml:6:19: not YAML: did not find expected node content
              6 | training: {loss: [}
                |                   ^
      """
    ),
    (
      "name: a: b",
      """
      task.yaml:6:8: not YAML: mapping values are not allowed in this context
              6 | name: a: b
                |        ^ a text with “: ” in it needs quotes
      """
    ),
    (
      "name: @a",
      """
      task.yaml:6:7: not YAML: found character that cannot start any token
              6 | name: @a
                |       ^ put the value in quotes
      """
    ),
  ])
  func `YAML that a task does not use is refused where it stands`(lines: String, text: String) {
    #expect(faults(adding: lines) == text)
  }

  /// Nine levels of nine: 387 million items if anyone unfolded them.
  @Test func `a bomb of aliases does not go off`() {
    var bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for (level, next) in zip("abcdefgh", "bcdefghi") {
      bomb += "\(next): &\(next) [" + Array(repeating: "*\(level)", count: 9).joined(separator: ", ") + "]\n"
    }
    for end in ["z: *i", "*i : 1", "? [*i, *i]\n: 1", "{*i: 1}", "- *i"] {
      let found = problems(bomb + end)
      #expect(!found.isEmpty)
      #expect(found.allSatisfy { $0.code == .alias || $0.code == .syntax }, "\(found)")
    }
  }

  @Test func `nesting is limited`() {
    let open = String(repeating: "[", count: 13)
    let close = String(repeating: "]", count: 13)
    #expect(problems("task: \(open)\(close)").map(\.message) == ["nested deeper than 12 levels"])
    for depth in [49, 900, 5000, 500_000] {
      #expect(problems("task: " + String(repeating: "{a: [", count: depth)).map(\.code) == [.limit])
    }
    // Hidden from the count of brackets; libYAML has a limit of its own.
    let hidden = "[ \"\n" + String(repeating: "]\", [ \"\n", count: 5000)
    #expect(problems(hidden).map(\.code) == [.limit])
    let dashes = String(repeating: "- ", count: 5000) + "x"
    #expect(problems(dashes).map(\.code) == [.limit])
    let steps = (0..<500).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
    #expect(problems(steps).map(\.code) == [.limit])
  }

  @Test func `size and encoding are checked before anything else`() {
    func problem(_ bytes: [UInt8]) -> TaskError? {
      do {
        _ = try FederatedTask(yaml: bytes)
        return nil
      } catch {
        return error.problems.first
      }
    }
    let large = problem(Array(repeating: UInt8(ascii: "#"), count: 1 << 20 + 1))
    #expect(large?.code == .limit)
    #expect(large?.message == "the file has more than 1,048,576 bytes, the most that a task may have")
    let latin = problem(Array("task: regression\nname: ".utf8) + [0xE9, 0x0A])
    #expect(
      latin?.description == """
        task.yaml:2:7: the file is not UTF-8 text
                2 | name: \u{FFFD}
                  |       ^ save it as UTF-8
        """)
    #expect(problem([0xFF, 0xFE, 0x74, 0x00])?.code == .syntax)
  }

  @Test(arguments: Flood.allCases)
  func `a file of a megabyte is answered in seconds`(flood: Flood) {
    let start = ContinuousClock.now
    let found = problems(flood.text)
    #expect(found.count <= InvalidTask.limit)
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test func `whatever happens to a file, it is a task or has faults inside it`() throws {
    var random = LinearCongruential(2)
    let seeds = [fullTask, try FederatedTask(yaml: fullTask).yaml].map {
      $0.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
    }
    var tasks = 0
    for round in 0..<5000 {
      var lines = seeds[round % 2]
      for _ in 0...Int.random(in: 0..<3, using: &random) { lines.mutate(using: &random) }
      let text = lines.joined(separator: "\n")
      do {
        let task = try FederatedTask(yaml: text)
        tasks += 1
        #expect(try FederatedTask(yaml: task.yaml) == task)
      } catch {
        #expect(!error.problems.isEmpty)
        let lines = TaskSource(text: text, name: "").lines
        for problem in error.problems {
          let line = try #require(problem.line)
          let column = try #require(problem.column)
          #expect(lines.indices.contains(line - 1), "\(problem)")
          #expect((1...lines[line - 1].unicodeScalars.count + 1).contains(column), "\(problem)\n\(text)")
          #expect(!problem.message.isEmpty && problem.description.contains("\(line):\(column)"))
        }
      }
    }
    // Both ways are tried often.
    #expect((250...4500).contains(tasks), "\(tasks)")
  }
}

/// Files that would take long if a step took a time that grows faster than the file.
enum Flood: CaseIterable {
  case items, key, unknownKeys, duplicateKeys, mapOfItems, escapes, variables, comment, aliases, quoted, tabs,
    complexKeys
  case participants

  var text: String {
    switch self {
    case .items: "x: [" + String(repeating: "1,", count: 500_000) + "1]"
    case .key: String(repeating: "k", count: 1_000_000) + ": 1"
    case .unknownKeys: (0..<60_000).map { "key\($0): 1\n" }.joined()
    case .duplicateKeys: String(repeating: "a: 1\n", count: 200_000)
    case .mapOfItems: "x: {" + (0..<90_000).map { "k\($0): 1," }.joined() + "}"
    case .escapes: "x: \"" + String(repeating: "\\\"", count: 400_000) + "\""
    case .variables: "x: '" + String(repeating: "${A}", count: 200_000) + "'"
    case .comment: String(repeating: " ", count: 500_000) + "x" + String(repeating: "#", count: 500_000)
    case .aliases: "x: [" + String(repeating: "&a *a,", count: 150_000) + "]"
    case .quoted: "x: [" + String(repeating: "\"a\",", count: 200_000) + "]"
    case .tabs: String(repeating: "\t", count: 1_000_000) + "x"
    case .complexKeys: String(repeating: "? ", count: 400) + "x"
    case .participants:
      "data: {participants: [" + (0..<80_000).map { "p\($0)," }.joined()
        + "], label: y}\ntask: regression\nmodel: mlp"
    }
  }
}

/// A task with a value for about every key.
private let fullTask = """
  task: classification            # with comments
  name: full-study
  data:
    participants: {north: n.csv, south: {file: s.csv, map: {age: alter}}, east: e.csv}
    columns: [age, sex, lactate, ward, sepsis, mrn]
    delimiter: ';'
    missing-values: ['', NA, "?"]
    decimal: comma
    label: {column: sepsis, positive: '> 0'}
    features: [sex, {name: age, type: number, minimum: 0, maximum: 120, unit: years}, lactate]
    include: [mrn]
    exclude: [ward]
    group: mrn
    map: {sepsis: sepsis_48h}
    preprocess: {missing: {kind: constant, value: -1}, scale: robust, categories: drop-first, scope: site}
    test: 0.25
  model:
    kind: mlp
    hidden: [32, 16]
    activation: tanh
  training:
    loss: cross-entropy
    l1: 0.001
    l2: 1e-4
    class-weights: [1, 2.5]
    optimizer: {kind: adamw, beta1: 0.9, decay: 0.1}
    learning-rate: 0.01
    schedule: {kind: warmup, rounds: 3, then: {kind: cosine, minimum: 0.1}}
    batch-size: full
    local-steps: 10
    shuffle: false
  federation:
    strategy: {kind: fedyogi, learning-rate: 0.1, tau: 0.01}
    rounds: 12
    cohort: 2
    quorum: 0.5
    deadline: 2h
    participants: [north, south]
    seed: 18446744073709551615
    initial: {file: "start.safetensors"}
    mode: {kind: buffered, size: 2, max-staleness: 3}
  protection: {clip: 1.5, fraction-bits: 20, weight-cap: 4096}
  evaluation:
    every: 2
    metrics:
      - auc
      - loss
    baselines: [pooled]
    per-site: false
    stopping: {metric: auc, patience: 3, minimum-gain: 0.001}
    keep: best
  """

extension [String] {
  /// Deletes, repeats, moves or garbles a line.
  fileprivate mutating func mutate(using random: inout LinearCongruential) {
    guard !isEmpty else { return }
    let row = Int.random(in: 0..<count, using: &random)
    switch Int.random(in: 0..<7, using: &random) {
    case 0: remove(at: row)
    case 1: insert(self[row], at: row)
    case 2: swapAt(row, Int.random(in: 0..<count, using: &random))
    case 3: self[row] = String(self[row].dropFirst(Int.random(in: 0..<4, using: &random)))
    case 4: self[row] = String(self[row].prefix(Int.random(in: 0..<20, using: &random)))
    case 5: self[row] = "  " + self[row]
    default:
      var scalars = self[row].unicodeScalars
      guard let place = scalars.indices.randomElement(using: &random) else { return }
      let signs = "x09.-:,[]{}'\"#&*!|>%@\t \\é\u{1F600}\u{7F}$~?".unicodeScalars
      let sign = signs.randomElement(using: &random) ?? "x"
      scalars.replaceSubrange(place..<scalars.index(after: place), with: CollectionOfOne(sign))
      self[row] = String(scalars)
    }
  }
}
