/// The file form: `{"version": 1, KIND: PARAMETERS}`; events within it have no version of their own.
///
/// ```json
/// {"version": 1, "repeated": {"times": 1000, "event":
///   {"poissonSampled": {"rate": 0.01, "event": {"gaussian": {"noiseMultiplier": 1.1}}}}}}
/// ```
///
/// Keys are the labels of ``PrivacyEvent/Kind``; `composed` holds an array, `nonPrivate` an empty object. Unknown keys
/// are refused, since a parameter that is not understood may be what makes an event worse.
extension PrivacyEvent: Codable {
  /// The version that is written, and the only one that is read.
  public static let version = 1

  public init(from decoder: any Decoder) throws {
    let fields = try Fields(container: decoder.container(keyedBy: Key.self))
    let version = try fields.value("version", Int.self)
    guard version == Self.version else {
      throw PrivacyError(
        .invalid, "events of version \(version) are not known, only of version \(Self.version)")
    }
    self = try Self.parse(fields, depth: 1)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(Self.version, forKey: "version")
    try write(into: &container)
  }

  private static func parse(_ fields: Fields, depth: Int) throws -> PrivacyEvent {
    // Told before the parser goes deeper: what is nested too deep is never built.
    guard depth <= maximumDepth else {
      throw PrivacyError(.invalid, "an event has at most \(maximumDepth) levels")
    }
    let kinds = fields.container.allKeys.filter { depth > 1 || $0.stringValue != "version" }
    guard kinds.count == 1, let key = kinds.first, let labels = labels[key.stringValue] else {
      let found = kinds.map(\.stringValue).sorted().joined(separator: ", ")
      throw PrivacyError(.invalid, "an event has one kind, not \(found.isEmpty ? "none" : found)")
    }
    if key == "composed" {
      var list = try fields.container.nestedUnkeyedContainer(forKey: key)
      var events: [PrivacyEvent] = []
      var nodes = 1
      while !list.isAtEnd {
        let item = try Fields(container: list.nestedContainer(keyedBy: Key.self))
        let event = try parse(item, depth: depth + 1)
        nodes += event.nodes
        guard nodes <= maximumNodes else {
          throw PrivacyError(.invalid, "an event has at most \(maximumNodes) parts")
        }
        events.append(event)
      }
      return try PrivacyEvent(.composed(events))
    }
    let inner = try Fields(container: fields.container.nestedContainer(keyedBy: Key.self, forKey: key))
    try inner.allow(labels)
    func number(_ name: Key) throws -> Double { try inner.value(name, Double.self) }
    func count(_ name: Key) throws -> Int { try inner.value(name, Int.self) }
    func event() throws -> PrivacyEvent {
      let nested = try inner.container.nestedContainer(keyedBy: Key.self, forKey: "event")
      return try parse(Fields(container: nested), depth: depth + 1)
    }
    let kind: Kind
    switch key.stringValue {
    case "gaussian": kind = .gaussian(noiseMultiplier: try number("noiseMultiplier"))
    case "laplace": kind = .laplace(scale: try number("scale"))
    case "discreteGaussian":
      kind = .discreteGaussian(sigma: try number("sigma"), sensitivity: try count("sensitivity"))
    case "discreteLaplace":
      kind = .discreteLaplace(lambda: try number("lambda"), sensitivity: try count("sensitivity"))
    case "skellam":
      kind = .skellam(
        variance: try number("variance"), l1Sensitivity: try number("l1Sensitivity"),
        l2Sensitivity: try number("l2Sensitivity"))
    case "randomizedResponse":
      kind = .randomizedResponse(noise: try number("noise"), categories: try count("categories"))
    case "zeroConcentrated": kind = .zeroConcentrated(rho: try number("rho"))
    case "poissonSampled": kind = .poissonSampled(rate: try number("rate"), try event())
    case "fixedSizeSampled":
      kind = .fixedSizeSampled(
        sourceSize: try count("sourceSize"), sampleSize: try count("sampleSize"), try event())
    case "truncatedPoissonSampled":
      kind = .truncatedPoissonSampled(
        datasetSize: try count("datasetSize"), rate: try number("rate"), limit: try count("limit"),
        try event())
    case "treeAggregation":
      kind = .treeAggregation(
        noiseMultiplier: try number("noiseMultiplier"), steps: try inner.value("steps", [Int].self))
    case "bandedMatrix":
      kind = .bandedMatrix(
        noiseMultiplier: try number("noiseMultiplier"), columnNorm: try number("columnNorm"),
        bands: try count("bands"), separation: try count("separation"),
        participations: try count("participations"))
    case "repeated": kind = .repeated(try event(), times: try count("times"))
    default: kind = .nonPrivate
    }
    return try PrivacyEvent(kind)
  }

  /// The parameters of each kind.
  private static let labels: [String: Set<String>] = [
    "gaussian": ["noiseMultiplier"], "laplace": ["scale"], "discreteGaussian": ["sigma", "sensitivity"],
    "discreteLaplace": ["lambda", "sensitivity"],
    "skellam": ["variance", "l1Sensitivity", "l2Sensitivity"],
    "randomizedResponse": ["noise", "categories"], "zeroConcentrated": ["rho"],
    "poissonSampled": ["rate", "event"], "fixedSizeSampled": ["sourceSize", "sampleSize", "event"],
    "truncatedPoissonSampled": ["datasetSize", "rate", "limit", "event"],
    "treeAggregation": ["noiseMultiplier", "steps"],
    "bandedMatrix": ["noiseMultiplier", "columnNorm", "bands", "separation", "participations"],
    "composed": [], "repeated": ["times", "event"], "nonPrivate": [],
  ]

  private func write(into container: inout KeyedEncodingContainer<Key>) throws {
    if case .composed(let events) = kind {
      var list = container.nestedUnkeyedContainer(forKey: "composed")
      for event in events {
        var item = list.nestedContainer(keyedBy: Key.self)
        try event.write(into: &item)
      }
      return
    }
    var inner = container.nestedContainer(keyedBy: Key.self, forKey: Key(kind.name))
    func write(_ values: KeyValuePairs<Key, Double>) throws {
      for (key, value) in values { try inner.encode(value, forKey: key) }
    }
    func write(_ values: KeyValuePairs<Key, Int>) throws {
      for (key, value) in values { try inner.encode(value, forKey: key) }
    }
    switch kind {
    case .gaussian(let noise): try write(["noiseMultiplier": noise])
    case .laplace(let scale): try write(["scale": scale])
    case .discreteGaussian(let sigma, let sensitivity):
      try write(["sigma": sigma])
      try write(["sensitivity": sensitivity])
    case .discreteLaplace(let lambda, let sensitivity):
      try write(["lambda": lambda])
      try write(["sensitivity": sensitivity])
    case .skellam(let variance, let l1, let l2):
      try write(["variance": variance, "l1Sensitivity": l1, "l2Sensitivity": l2])
    case .randomizedResponse(let noise, let categories):
      try write(["noise": noise])
      try write(["categories": categories])
    case .zeroConcentrated(let rho): try write(["rho": rho])
    case .poissonSampled(let rate, _): try write(["rate": rate])
    case .fixedSizeSampled(let source, let sample, _):
      try write(["sourceSize": source, "sampleSize": sample])
    case .truncatedPoissonSampled(let size, let rate, let limit, _):
      try write(["datasetSize": size, "limit": limit])
      try write(["rate": rate])
    case .treeAggregation(let noise, let steps):
      try write(["noiseMultiplier": noise])
      try inner.encode(steps, forKey: "steps")
    case .bandedMatrix(let noise, let norm, let bands, let separation, let participations):
      try write(["noiseMultiplier": noise, "columnNorm": norm])
      try write(["bands": bands, "separation": separation, "participations": participations])
    case .repeated(_, let times): try write(["times": times])
    case .composed, .nonPrivate: break
    }
    for event in kind.parts {
      var nested = inner.nestedContainer(keyedBy: Key.self, forKey: "event")
      try event.write(into: &nested)
    }
  }
}

extension PrivacyEvent.Kind {
  /// Its key in files, and its name in messages.
  var name: String {
    switch self {
    case .gaussian: "gaussian"
    case .laplace: "laplace"
    case .discreteGaussian: "discreteGaussian"
    case .discreteLaplace: "discreteLaplace"
    case .skellam: "skellam"
    case .randomizedResponse: "randomizedResponse"
    case .zeroConcentrated: "zeroConcentrated"
    case .poissonSampled: "poissonSampled"
    case .fixedSizeSampled: "fixedSizeSampled"
    case .truncatedPoissonSampled: "truncatedPoissonSampled"
    case .treeAggregation: "treeAggregation"
    case .bandedMatrix: "bandedMatrix"
    case .composed: "composed"
    case .repeated: "repeated"
    case .nonPrivate: "nonPrivate"
    }
  }
}

/// A key that may be any word, so that unknown ones are seen.
private struct Key: CodingKey, Hashable, ExpressibleByStringLiteral {
  let stringValue: String
  var intValue: Int? { nil }
  init(_ word: String) { stringValue = word }
  init(stringLiteral word: String) { stringValue = word }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

/// An object of the file.
private struct Fields {
  let container: KeyedDecodingContainer<Key>

  func allow(_ labels: Set<String>) throws {
    for key in container.allKeys where !labels.contains(key.stringValue) {
      throw PrivacyError(.invalid, "there is no \(key.stringValue) in an event here")
    }
  }

  func value<Value: Decodable>(_ key: Key, _ type: Value.Type) throws -> Value {
    try container.decode(type, forKey: key)
  }
}
