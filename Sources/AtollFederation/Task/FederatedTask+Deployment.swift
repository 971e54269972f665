import AtollLearning

extension FederatedTask {
  /// Refuses what runs in simulation only.
  ///
  /// - Throws: ``RunFailure`` with code `.unfit`, naming the key.
  public func checkDeployable() throws(RunFailure) {
    func refuse(_ message: String, hint: String? = nil) -> RunFailure {
      RunFailure(.unfit, message, hint: hint)
    }
    switch data.origin {
    case .pooled:
      throw refuse(
        "data.partition splits one pooled file, which is for simulations", hint: "data.participants: own")
    case .participants, .own: break
    }
    guard data.label != nil else {
      throw refuse("a deployed task learns from tables, and this one has images", hint: "atoll run")
    }
    guard case .fraction = data.test else {
      throw refuse(
        "data.test names files, which participants do not have", hint: "a fraction, such as data.test: 0.2")
    }
    if case .file = federation.initial {
      throw refuse(
        "federation.initial names a file; a deployed task begins with a new model",
        hint: "federation.initial: server")
    }
    if case .buffered = federation.mode {
      throw refuse(
        "federation.mode is buffered; a deployed task goes round by round",
        hint: "federation.mode: synchronous")
    }
  }

  /// Who takes part in a deployed run of the task: those it names, or else all that are enrolled, in ascending order.
  ///
  /// - Throws: ``RunFailure`` with code `.unfit` when someone whom the task names is not enrolled, or nobody is.
  public func population(enrolled: [ParticipantID]) throws(RunFailure) -> [ParticipantID] {
    var population = enrolled
    if case .participants(let named) = data.origin {
      population = []
      for participant in named {
        guard let id = ParticipantID(participant.name) else {
          throw RunFailure(.unfit, "“\(participant.name)” cannot be a participant's name")
        }
        population.append(id)
      }
    }
    if let wanted = federation.participants {
      let names = Set(wanted)
      population = population.filter { names.contains($0.name) }
      if let missing = wanted.first(where: { name in !population.contains { $0.name == name } }) {
        throw RunFailure(.unfit, "federation.participants names “\(missing)”, who is not enrolled")
      }
    }
    let known = Set(enrolled)
    let missing = population.filter { !known.contains($0) }
    guard missing.isEmpty else {
      throw RunFailure(
        .unfit,
        "the task is for \(listed(missing.map(\.name), atMost: 6)), not enrolled at this server",
        hint: "atoll invite \(missing[0].name)")
    }
    guard !population.isEmpty else {
      throw RunFailure(.unfit, "nobody is enrolled at this server", hint: "atoll invite NAME")
    }
    return population.sorted()
  }
}
