import AtollLearning

extension TaskResolver {
  /// The section `data`, or nil after problems were reported.
  mutating func data(_ draft: DataDraft, kind: FederatedTask.Kind) -> DataPlan? {
    let before = reader.problems.count
    guard let origin = origin(draft) else { return nil }
    let data = DataPlan(
      origin: origin, format: draft.format, label: draft.label, shape: draft.shape, classes: draft.classes,
      features: draft.features, include: draft.include,
      exclude: draft.exclude, group: draft.group, preprocess: draft.preprocess, test: draft.test)
    if data.isImages {
      checkImages(data, kind: kind)
    } else {
      checkTables(data, map: draft.columnMap)
    }
    if case .pooled(_, let partition) = origin { checkPartition(partition, kind: kind, data: data) }
    if kind == .regression, data.label?.positive != nil {
      conflict(
        "data.label.positive makes two classes, but the task is regression", at: "data.label.positive",
        "data.label",
        suggestion: "write task: classification, or leave positive out")
    }
    if kind == .regression, data.label?.classes != nil {
      conflict(
        "data.label.classes are classes, but the task is regression", at: "data.label.classes", "data.label",
        suggestion: "write task: classification, or leave classes out")
    }
    return reader.problems.count == before ? data : nil
  }

  private mutating func origin(_ draft: DataDraft) -> DataPlan.Origin? {
    let written = ["participants", "file", "images", "labels"].filter { reader.isWritten("data.\($0)") }
    switch (draft.participants, draft.file, draft.images, draft.labels) {
    case (.own, nil, nil, nil):
      for (key, isUsed) in [("partition", draft.partition != nil), ("map", !draft.columnMap.isEmpty)]
      where isUsed {
        conflict("data.\(key) goes with files, and participants bring their own data", at: "data.\(key)")
      }
      return .own
    case (.named(let participants), nil, nil, nil):
      if draft.partition != nil {
        conflict(
          "data.partition splits file, or images; participants have their own data", at: "data.partition")
        return nil
      }
      refuseRepetitions(participants.map(\.name), in: "data.participants")
      // A map for all files gives way to that of a single file.
      return .participants(
        participants.map { participant in
          guard case .table(let path, let columns) = participant.source else { return participant }
          let merged = draft.columnMap.merging(columns) { _, own in own }
          return DataPlan.Participant(name: participant.name, source: .table(path: path, columns: merged))
        })
    case (nil, let file?, nil, nil):
      return split(.table(path: file, columns: draft.columnMap), by: draft.partition)
    case (nil, nil, let images?, let labels?):
      return split(.images(path: images, labels: labels), by: draft.partition)
    case (nil, nil, .some, nil):
      missing(
        "labels", under: "data", because: "images are named", suggestion: "add labels: FILE, an IDX file")
    case (nil, nil, nil, .some):
      missing(
        "images", under: "data", because: "labels are named", suggestion: "add images: FILE, an IDX file")
    case (nil, nil, nil, nil):
      reader.report(
        Problem(
          .missing, "data names no source: participants, file, or images and labels",
          at: reader.place(of: "data.file"),
          suggestion: "add participants: [a.csv, b.csv]"))
    default:
      let others = written.dropFirst().map { "data.\($0)" }
      conflict(
        "data names two sources, \(written[0]) and \(written[1])", at: others[0], suggestion: "keep one")
    }
    return nil
  }

  private mutating func split(_ source: DataPlan.Source, by partition: PartitionPlan?) -> DataPlan.Origin? {
    guard let partition else {
      missing(
        "partition", under: "data", because: "one source must be split among participants",
        suggestion: "add partition: {kind: iid, participants: 10}")
      return nil
    }
    return .pooled(source, partition)
  }

  private mutating func checkImages(_ data: DataPlan, kind: FederatedTask.Kind) {
    // The canonical text writes the lists of columns even where they are empty.
    let lists = (data.include.isEmpty ? [] : ["include"]) + (data.exclude.isEmpty ? [] : ["exclude"])
    for key in ["label", "columns", "features", "group"] + lists where reader.isWritten("data.\(key)") {
      conflict(
        "data.\(key) is for tables; images have no columns", at: "data.\(key)", suggestion: "remove the key")
    }
    if case .participants(let participants) = data.origin,
      let table = participants.first(where: { if case .table = $0.source { true } else { false } })
    {
      conflict(
        "“\(table.name)” has a table, others have images", at: "data.participants.\(table.name)",
        "data.participants")
    }
    switch data.test {
    case .assignment, .tables: conflict("data.test names tables, but the data are images", at: "data.test")
    case .fraction, .images: break
    }
    if kind == .regression, data.classes != nil {
      conflict(
        "a regression has no classes to be counted", at: "data.classes", suggestion: "remove the key")
    }
  }

  private mutating func checkTables(_ data: DataPlan, map: [String: String]) {
    for key in ["shape", "classes"] where reader.isWritten("data.\(key)") {
      conflict(
        "data.\(key) is for images; tables tell it themselves", at: "data.\(key)",
        suggestion: "remove the key")
    }
    guard let label = data.label else {
      missing(
        "label", under: "data", because: "a table needs a column to predict", suggestion: "add label: COLUMN")
      return
    }
    if case .images = data.test {
      conflict("data.test names images, but the data are tables", at: "data.test")
    }
    if data.format.delimiter == .comma, data.format.decimal == .comma {
      conflict(
        "cells and fractions cannot both be parted by a comma", at: "data.decimal", "data.delimiter",
        suggestion: "write delimiter: ';'")
    }
    let features = data.features?.map(\.name) ?? []
    refuseRepetitions(data.format.columns ?? [], in: "data.columns")
    refuseRepetitions(features, in: "data.features")
    refuseRepetitions(data.include, in: "data.include")
    refuseRepetitions(data.exclude, in: "data.exclude")
    for (names, key) in [(features, "features"), (data.include, "include"), (data.exclude, "exclude")] {
      guard let index = names.firstIndex(of: label.column) else { continue }
      conflict(
        "“\(label.column.shortened)” is the label and stands in data.\(key) too", at: "data.\(key)[\(index)]")
    }
    for (index, name) in data.exclude.enumerated()
    where features.contains(name) || data.include.contains(name) {
      conflict("“\(name.shortened)” is to be learnt from and excluded", at: "data.exclude[\(index)]")
    }
    if data.group == label.column { conflict("data.group is the label", at: "data.group") }
    if label.positive != nil, label.classes != nil {
      conflict(
        "data.label has positive, which makes two classes, and classes too", at: "data.label.classes",
        "data.label", suggestion: "keep one")
    }
    checkBounds(data)
    guard let columns = data.format.columns else { return }
    let known = columns + map.keys.sorted()
    let used = [
      ("label", [label.column]), ("features", features), ("include", data.include), ("exclude", data.exclude),
    ]
    for (key, names) in used + [("group", data.group.map { [$0] } ?? [])] {
      for (index, name) in names.enumerated() where !known.contains(name) {
        conflict(
          "data.\(key) names “\(name.shortened)”, which is not among data.columns",
          at: "data.\(key)[\(index)]",
          "data.\(key)",
          suggestion: nearest(to: name, among: known).map { "did you mean \($0)?" })
      }
    }
  }

  /// Scaling by bounds takes bounds: of each feature that is not a category.
  private mutating func checkBounds(_ data: DataPlan) {
    guard data.preprocess.scale == .bounds else { return }
    guard let features = data.features else {
      conflict(
        "scale: bounds goes by declared bounds, and no feature is declared", at: "data.preprocess.scale",
        "data.preprocess", suggestion: "add features: [{name: age, minimum: 0, maximum: 100}, …]")
      return
    }
    for (index, feature) in features.enumerated()
    where feature.kind != .category && (feature.minimum == nil || feature.maximum == nil) {
      let count = feature.minimum == nil && feature.maximum == nil ? "none" : "only one"
      conflict(
        "scale: bounds goes by declared bounds, and “\(feature.name.shortened)” has \(count)",
        at: "data.features[\(index)]", "data.features",
        suggestion: "write {name: \(feature.name), minimum: …, maximum: …}, or type: category")
    }
  }

  private mutating func checkPartition(_ partition: PartitionPlan, kind: FederatedTask.Kind, data: DataPlan) {
    switch partition {
    case .dirichlet, .shards:
      if kind == .regression {
        conflict(
          "this partition shares out classes, and a regression has none", at: "data.partition.kind",
          "data.partition",
          suggestion: "take iid, quantity, feature or column")
      }
    case .feature, .column:
      if data.isImages { conflict("images have no columns to split by", at: "data.partition") }
    case .iid, .quantity: break
    }
  }
}
