import AtollLearning
import AtollTraining

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
    if data.isImages { try checkDeployableImages() }
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

  /// Nobody sees all images of a deployed task, so that it says what a simulation would find out.
  private func checkDeployableImages() throws(RunFailure) {
    guard kind == .classification else {
      throw RunFailure(
        .unfit, "a deployed task without data.label learns the classes of images, and this one is regression",
        hint: "data.label: COLUMN, for tables")
    }
    let wanted = [
      data.shape == nil ? ("data.shape", "[28, 28, 1]") : nil,
      data.classes == nil ? ("data.classes", "10") : nil,
    ].compactMap(\.self)
    guard wanted.isEmpty else {
      let keys = wanted.map(\.0).joined(separator: " and ")
      let isOpen = data.origin == .own && wanted.count == 2
      throw RunFailure(
        .unfit,
        isOpen
          ? "a deployed task has data.label for tables, or \(keys) for images, and this one has neither"
          : "a deployed task with images says how they are made, and \(keys) \(wanted.count == 1 ? "is" : "are") missing",
        hint: (isOpen ? "data.label: COLUMN, or " : "")
          + wanted.map { "\($0): \($1)" }.joined(separator: " and "))
    }
    guard training.classWeights != .balanced else {
      throw RunFailure(
        .unfit,
        "training.class-weights is balanced, which counts the images of all participants; nobody sees them all in a deployed run",
        hint: "training.class-weights: none, or a number for each class")
    }
  }

  /// How examples are made, where the task says it and nobody has to count rows: of images with ``DataPlan/shape`` and
  /// ``DataPlan/classes``, of tables with everything that columns become. Simulation and deployment both use it, so that
  /// they ask the same questions to the last byte.
  public var declaredPreparation: Preparation? {
    guard training.classWeights != .balanced else { return nil }
    guard data.isImages else {
      // Declarations that contradict themselves are refused by the fit that is made instead.
      return (try? data.declaredPreprocessing(of: kind)).flatMap { try? Preparation($0) }
    }
    guard let shape = data.shape, kind == .regression || data.classes != nil else { return nil }
    return Preparation(inputShape: shape, classes: data.classes)
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
    try checkTurns(of: population.count)
    return population.sorted()
  }
}
