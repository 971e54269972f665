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
    if console.isJSON {
      return console.output.write(bytes: Array((JSON.compacted(TaskSchema.jsonSchema) + "\n").utf8))
    }
    let listing = TaskSchema.listing(width: console.terminal.textWidth)
    console.output.write(
      listing.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { line in
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
