import AtollLearning

/// The section `data` as it is written: which of the ways to name a source is used is only known once all
/// keys are read.
struct DataDraft: Sendable {
  var participants: ParticipantsDraft?
  var file: String?
  var images: String?
  var labels: String?
  var shape: [Int]?
  var classes: Int?
  var columnMap: [String: String] = [:]
  var format = DataPlan.Format()
  var label: DataPlan.Label?
  var features: [FeatureDeclaration]?
  var include: [String] = []
  var exclude: [String] = []
  var group: String?
  var preprocess = PreprocessingPlan()
  var partition: PartitionPlan?
  var test: DataPlan.Test = .fraction(0.2)
}

/// The participants as they are written.
enum ParticipantsDraft: Hashable, Sendable {
  case named([DataPlan.Participant])
  case own
}

extension Form where Value == DataDraft {
  static let data = record(
    DataDraft(),
    [
      Field(
        "participants", \.participants, .participants,
        .absent("file, or images and labels, are split instead"),
        "the participants' files: a list (each is named after its file) or a map of names to files; own: each brings its own"
      ),
      Field(
        "file", \.file, .path, .absent("participants have files of their own"),
        "one table, split among simulated participants as partition says"),
      Field(
        "images", \.images, .path, .absent("no images"), "images in an IDX file, split as partition says"),
      Field("labels", \.labels, .path, .absent("no images"), "the images' labels in an IDX file"),
      Field(
        "shape", \.shape, .list(of: .integer(1...ModelLimits.activations), count: 3...3),
        .absent("the images tell; a deployed task must say it"),
        "rows, columns and channels of every image, such as [28, 28, 1]; images in IDX files have one channel"
      ),
      Field(
        "classes", \.classes, .integer(2...ModelLimits.classes),
        .absent("the labels tell; a deployed task must say it"),
        "how many classes images have, over all participants: labels are 0 to one less"),
      Field(
        "columns", \.format.columns, .list(of: .column, count: 1...CSVLimits.columns, isUnique: true),
        .absent("files have a header line"),
        "the columns' names, in order, where files have no header line"),
      Field(
        "delimiter", \.format.delimiter, .choice { $0.meaning }, "what stands between two cells"),
      Field(
        "missing-values", \.format.missingValues, .list(of: .cell), "cells that stand for “not known”"),
      Field(
        "decimal", \.format.decimal, .choice { "1\($0.sign)5" }, "what stands before the fraction of a number"
      ),
      Field(
        "label", \.label, .label, .absent("images bring their labels"),
        "the column to predict, or {column: NAME, positive: '> 0'}"),
      Field(
        "features", \.features, .features, .absent("every usable column but the label"),
        "the columns to learn from; type, minimum, maximum and unit may be declared"),
      Field(
        "include", \.include, .list(of: .column, isUnique: true),
        "columns to learn from although they look like identifiers or dates"),
      Field("exclude", \.exclude, .list(of: .column, isUnique: true), "columns that are not learnt from"),
      Field(
        "group", \.group, .column, .absent("rows are split one by one"),
        "rows with one value in this column stay on one side of a split"),
      Field("map", \.columnMap, .columnMap, "column names of the task, and what the files call them"),
      Field("preprocess", \.preprocess, .preprocess, "how columns become numbers"),
      Field(
        "partition", \.partition, .partition, .absent("only file and images are split"),
        "how file, or images, are split among simulated participants"),
      Field(
        "test", \.test, .test,
        "what is held out: a part of each participant's rows, or tables that nobody trains on, one for all or one for each"
      ),
    ])
}

extension DataPlan.Format.Delimiter {
  fileprivate var meaning: String {
    switch self {
    case .comma: "comma"
    case .semicolon: "semicolon"
    case .bar: "vertical bar"
    case .tab: "tab"
    case .blank: "blank"
    }
  }
}

extension DataPlan.Format.DecimalMark {
  fileprivate var sign: String {
    switch self {
    case .point: "."
    case .comma: ","
    }
  }
}

// MARK: Sources

/// A table or a pair of IDX files, as it is written.
private struct SourceDraft: Sendable {
  var file: String?
  var columns: [String: String] = [:]
  var images: String?
  var labels: String?

  /// Nil when it is neither a table nor images.
  var source: DataPlan.Source? {
    switch (file, images, labels) {
    case (let file?, nil, nil): .table(path: file, columns: columns)
    case (nil, let images?, let labels?): columns.isEmpty ? .images(path: images, labels: labels) : nil
    default: nil
    }
  }

  init() {}

  init(_ source: DataPlan.Source) {
    switch source {
    case .table(let path, let columns): (file, self.columns) = (path, columns)
    case .images(let path, let labels): (images, self.labels) = (path, labels)
    }
  }
}

extension Form where Value == DataPlan.Source {
  private static let detailed = Form<SourceDraft>.record(
    SourceDraft(),
    [
      Field("file", \.file, .path, .absent("images instead"), "a table"),
      Field("map", \.columns, .columnMap, "column names of the task, and what this file calls them"),
      Field("images", \.images, .path, .absent("a table instead"), "images in an IDX file"),
      Field("labels", \.labels, .path, .absent("a table instead"), "their labels in an IDX file"),
    ]
  ).map(
    into: { draft, value, reader -> DataPlan.Source? in
      guard let source = draft.source else {
        let message = "\(reader.keyPath) must have either file, or images and labels"
        reader.report(Problem(.conflict, message, at: value.place))
        return nil
      }
      return source
    },
    from: { SourceDraft($0) })

  fileprivate static let source = either(
    Alternative(.path, make: { .table(path: $0, columns: [:]) }) {
      guard case .table(let path, let columns) = $0, columns.isEmpty else { return nil }
      return path
    },
    Alternative(detailed, make: { $0 }, take: { $0 }))
}

extension Form where Value == [DataPlan.Participant] {
  private static let named = Form<[Named<DataPlan.Source>]>.map(
    of: .source, keys: participantName, count: 1...100_000, isKey: isParticipantName
  ).map(
    into: { entries, _, _ in entries.map { DataPlan.Participant(name: $0.name, source: $0.value) } },
    from: { $0.map { Named(name: $0.name, value: $0.source) } })

  private static let listed = Form<[DataPlan.Source]>.list(of: .source, count: 1...100_000, isUnique: true)
    .map(
      into: { sources, value, reader -> [DataPlan.Participant]? in
        guard case .list(let items) = value.content else { return nil }
        var firsts: [String: Int] = [:]
        var isValid = true
        let participants = zip(sources, items).enumerated().map { index, element in
          let name = fileStem(element.0.path)
          if let first = firsts[name] {
            let message =
              "\(reader.keyPath)[\(first)] and [\(index)] are both named “\(name.shortened)” after their files"
            reader.report(
              Problem(
                .conflict, message, at: element.1.place,
                suggestion: "give names: {north: a/data.csv, south: …}"
              ))
            isValid = false
          } else if !isParticipantName(name) {
            let message = "“\(name.shortened)” cannot be the name of a participant"
            reader.report(
              Problem(
                .wrongValue, message, at: element.1.place, suggestion: "give names: {north: \(name).csv, …}"))
            isValid = false
          }
          firsts[name] = firsts[name] ?? index
          return DataPlan.Participant(name: name, source: element.0)
        }
        return isValid ? participants : nil
      },
      from: { $0.map(\.source) })

  /// Written as a map always, so that names do not hang on files.
  fileprivate static let files = either(
    Alternative(named, make: { $0 }, take: { $0 }), Alternative(listed, make: { $0 }, take: { _ in nil }))
}

extension Form where Value == ParticipantsDraft {
  private static let word = Form.choice([
    (.own, "own", meaning: "each brings its own data, which the task does not name")
  ])

  fileprivate static let participants = either(
    Alternative(Form<[DataPlan.Participant]>.files, make: { .named($0) }) {
      if case .named(let participants) = $0 { participants } else { nil }
    },
    Alternative(word, make: { $0 }, take: { $0 }))
}

extension DataPlan.Source {
  /// The file that names it.
  fileprivate var path: String {
    switch self {
    case .table(let path, _), .images(let path, _): path
    }
  }
}

let participantName = TextRule(
  "a name of letters, digits, blanks, “.”, “_” and “-”", plural: "names",
  pattern: #"[^\x00-/:-@\[-`{-\x7F][^\x00-\x1F!-,/:-@\[-^`{-\x7F]*"#, longest: 100)

/// Names become parts of messages, tables and file names.
func isParticipantName(_ name: String) -> Bool {
  guard let first = name.unicodeScalars.first, name.utf8.count <= participantName.longest else {
    return false
  }
  let isStart = first.properties.isAlphabetic || first.properties.numericType != nil
  return isStart
    && name.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || $0.properties.numericType != nil || " ._-".unicodeScalars.contains($0)
        || $0.properties.generalCategory == .nonspacingMark || $0.properties.generalCategory == .spacingMark
    }
}

/// The file's name without its ending, and without `.gz` behind that.
package func fileStem(_ path: String) -> String {
  var name = path.split(separator: "/").last.map { String($0) } ?? ""
  if name.hasSuffix(".gz"), name.count > 3 { name.removeLast(3) }
  if let dot = name.lastIndex(of: "."), dot > name.startIndex { name = String(name[..<dot]) }
  return name
}

// MARK: Columns

extension Form where Value == String {
  /// The text of a cell, which may be empty.
  fileprivate static let cell = Form(
    shape: .text(TextRule("text", plural: "texts")),
    read: { value, reader in
      guard case .scalar(let text, let style) = value.content, style != .plain || !text.isEmpty else {
        reader.refuse(value, wanted: "text", suggestion: "write '' for an empty cell")
        return nil
      }
      return text
    },
    write: YAMLValue.text)
}

extension Form where Value == [String: String] {
  static let columnMap = Form<[Named<String>]>.map(
    of: .column, keys: TextRule("a column's name")
  ) { !$0.isEmpty && $0.utf8.count <= 256 }
  .map(
    into: { entries, _, _ in Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.value) }) },
    from: { columns in
      columns.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map {
        Named(name: $0.key, value: $0.value)
      }
    })
}

private struct LabelDraft: Sendable {
  var column: String?
  var positive: PositiveRule?
  var classes: [String]?
}

extension Form where Value == PositiveRule {
  private static let number = #"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?"#
  private static let rule = TextRule(
    "a comparison such as '> 0' or '= yes', or a value",
    pattern: " *((>=|<=|>|<) *\(number) *|(!=|=) *[^ =].*|[^<>=! ].*|![^=].*)", mayBeNumber: true)

  fileprivate static let positive = either(
    Alternative(
      Form<String>.text(rule).map(
        into: { text, value, reader -> PositiveRule? in
          guard let rule = PositiveRule(text) else {
            reader.refuse(value, wanted: Self.rule.words)
            return nil
          }
          return rule
        },
        from: \.description),
      make: { $0 }, take: { $0.list == nil ? $0 : nil }),
    Alternative(
      Form<[String]>.list(of: .cell, count: 1...100_000).map(
        into: { values, _, _ in PositiveRule(anyOf: values) }, from: { $0.list ?? [] }),
      make: { $0 }, take: { $0 }))
}

extension Form where Value == DataPlan.Label {
  private static let detailed = Form<LabelDraft>.record(
    LabelDraft(),
    [
      Field("column", \.column, .column, .required, "the column to predict"),
      Field(
        "positive", \.positive, .positive, .absent("the column's larger value, or yes, is positive"),
        "what makes a row positive: > < >= <= = != and a value, a value, or a list of values"),
      Field(
        "classes", \.classes, .list(of: .cell, count: 2...ModelLimits.classes, isUnique: true),
        .absent("the values that the participants have, or two by positive"),
        "the values that are the classes, where they are known beforehand"),
    ]
  ).map(
    into: { draft, _, _ in
      draft.column.map { DataPlan.Label(column: $0, positive: draft.positive, classes: draft.classes) }
    },
    from: { LabelDraft(column: $0.column, positive: $0.positive, classes: $0.classes) })

  fileprivate static let label = either(
    Alternative(
      .column, make: { DataPlan.Label(column: $0) },
      take: { $0 == DataPlan.Label(column: $0.column) ? $0.column : nil }),
    Alternative(detailed, make: { $0 }, take: { $0 }))
}

private struct FeatureDraft: Sendable {
  var name: String?
  var type: FeatureDeclaration.Kind?
  var minimum: Double?
  var maximum: Double?
  var levels: [String]?
  var unit: String?

  /// Which of two keys cannot both be meant.
  func contradiction(_ name: String) -> String? {
    if let minimum, let maximum, minimum >= maximum {
      return "the minimum of \(name), \(minimum.brief), is not below its maximum, \(maximum.brief)"
    }
    let hasBounds = minimum != nil || maximum != nil
    if levels != nil, type == .number || hasBounds { return "\(name) has levels, and numbers have none" }
    if type == .category, hasBounds { return "\(name) has bounds, and categories have none" }
    return nil
  }
}

extension Form where Value == [FeatureDeclaration] {
  private static let declared = Form<FeatureDraft>.record(
    FeatureDraft(),
    [
      Field("name", \.name, .column, .required, "the column"),
      Field(
        "type", \.type, .choice { "a \($0.rawValue)" }, .absent("inferred from the data"),
        "what its cells are"),
      Field(
        "minimum", \.minimum, .number(.any), .absent("no bound"),
        "its smallest value; smaller ones count as this one"),
      Field(
        "maximum", \.maximum, .number(.any), .absent("no bound"),
        "its largest value; larger ones count as this one"),
      Field(
        "levels", \.levels, .list(of: .cell, count: 1...1000, isUnique: true),
        .absent("the values that the participants have"),
        "the categories there are; others count as none of them"),
      Field(
        "unit", \.unit, .text(TextRule("a unit", longest: 64)), .absent("no unit"),
        "for reports: mmol/l, years"),
    ]
  ).map(
    into: { draft, value, reader -> FeatureDeclaration? in
      guard let name = draft.name else { return nil }
      if let contradiction = draft.contradiction(name.shortened) {
        reader.report(Problem(.conflict, contradiction, at: value.place))
        return nil
      }
      return FeatureDeclaration(
        name: name, type: draft.type, minimum: draft.minimum, maximum: draft.maximum, levels: draft.levels,
        unit: draft.unit)
    },
    from: {
      FeatureDraft(
        name: $0.name, type: $0.type, minimum: $0.minimum, maximum: $0.maximum, levels: $0.levels,
        unit: $0.unit)
    })

  private static let feature = Form<FeatureDeclaration>.either(
    Alternative(.column, make: { FeatureDeclaration(name: $0) }) { feature in
      feature == FeatureDeclaration(name: feature.name) ? feature.name : nil
    },
    Alternative(declared, make: { $0 }, take: { $0 }))

  fileprivate static let features = list(of: feature, count: 1...ColumnReport.mostColumns, isUnique: true)
}
