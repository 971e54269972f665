import AtollFederation

/// What to type next.
struct NextSection {
  let record: RunRecord
  let end: RunEvent.Finished

  var section: Section {
    let steps = steps.map { step -> HTML in
      "<div><p>\(step.words)</p><pre tabindex=\"0\">\(step.command)</pre></div>\n"
    }
    return Section(
      id: "next", heading: "Use the model",
      note: "As seen from where the run was started. Nothing is sent by any of these.",
      content: """
        <div class="steps">
        \(steps)</div>
        <p class="note">The model was judged on held-out rows of the same participants. How it does elsewhere is not known.</p>
        """)
  }

  private var folder: String {
    let suffix = "/model.safetensors"
    return end.model.hasSuffix(suffix) ? String(end.model.dropLast(suffix.count)) : end.model
  }

  private var steps: [(words: String, command: String)] {
    let model = Shell.quoted(end.model)
    let run = Shell.quoted(folder)
    let task = Shell.quoted(folder + "/task.yaml")
    var steps: [(words: String, command: String)] = []
    switch source {
    case .table(let path, _):
      let table = Shell.quoted(path)
      steps.append(
        ("Score new rows: put your own table in the place of this one.", "atoll predict \(model) \(table)"))
      steps.append(("See how good it is on rows that have the label.", "atoll evaluate \(model) \(table)"))
    case .images(let path, let labels):
      let (images, labels) = (Shell.quoted(path), Shell.quoted(labels))
      steps.append(("Score new images, in the same format.", "atoll predict \(model) \(images)"))
      steps.append(
        (
          "See how good it is on images that have labels.",
          "atoll evaluate \(model) \(images) --labels \(labels)"
        ))
    case nil: break
    }
    // Noise is drawn anew: such a run cannot be repeated.
    steps.append(
      record.task.privacy == nil
        ? (
          "Check that record and model belong together, and train again to the same bytes.",
          "atoll verify \(run) --replay"
        ) : ("Check that record and model belong together.", "atoll verify \(run)"))
    steps.append(("See how much is luck: five seeds, mean and deviation.", "atoll run \(task) --seeds 5"))
    steps.append(("Read in plain words what a participant is asked for.", "atoll task show \(task)"))
    steps.append(("Make this page anew from the run’s record.", "atoll report \(run)"))
    return steps
  }

  /// Data of the task to try the model on: what was held out as a whole, else the first participant's.
  private var source: DataPlan.Source? {
    switch record.task.data.test {
    case .tables(let paths): if let path = paths.first { return .table(path: path, columns: [:]) }
    case .images(let path, let labels): return .images(path: path, labels: labels)
    case .fraction, .assignment: break
    }
    switch record.task.data.origin {
    case .participants(let participants): return participants.first?.source
    case .pooled(let source, _): return source
    case .own: return nil
    }
  }
}
