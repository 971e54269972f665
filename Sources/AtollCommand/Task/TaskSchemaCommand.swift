import ArgumentParser
import AtollFederation

/// `atoll task schema`
struct TaskSchemaCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "List every key of a task file with its legal values, its default and what it is for.",
    discussion: """
      With --json: a JSON Schema (draft 2020-12) on one line, for editors. Saved as atoll-task.json beside the \
      task, it completes and checks keys in editors with a YAML language server, where the task begins with
        # yaml-language-server: $schema=atoll-task.json
      """)

  @OptionGroup var common: CommonOptions

  func run(on console: Console) throws {
    console.output.write(schema: TaskSchema.jsonSchema, listing: TaskSchema.listing(width:), for: console)
  }
}

extension Channel {
  /// Writes what a file may say: for editors where JSON is wanted, else for people, with the sections' names strong.
  func write(schema: String, listing: (Int) -> String, for console: Console) {
    if console.isJSON { return write(bytes: Array((JSON.compacted(schema) + "\n").utf8)) }
    write(
      listing(console.terminal.textWidth).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        .map { line in
          let isSection = line.first.map { $0 != " " && $0 != "·" } ?? false
          let key = line.prefix { $0 != " " }
          guard isSection, key.count < line.count, key == key.lowercased() else {
            return console.terminal.spell(StyledText(String(line)))
          }
          return console.terminal.spell("\(key, .strong)\(line.dropFirst(key.count))")
        })
  }
}

extension JSON {
  /// JSON text without the blanks and line ends between its tokens.
  static func compacted(_ text: String) -> String {
    var result = ""
    var isInString = false
    var isEscaped = false
    for scalar in text.unicodeScalars {
      if isInString {
        isInString = isEscaped || scalar != "\""
        isEscaped = !isEscaped && scalar == "\\"
      } else if scalar == " " || scalar == "\n" {
        continue
      } else {
        isInString = scalar == "\""
      }
      result.unicodeScalars.append(scalar)
    }
    return result
  }
}
