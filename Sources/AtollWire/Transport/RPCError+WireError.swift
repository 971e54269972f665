import FoundationEssentials
import GRPCCore

/// Our errors travel as a gRPC status, with our own code and hint beside it.
private enum Trailer {
  static let code = "atoll-code"
  static let hint = "atoll-hint"
  /// When the error was made, by the server's clock, in seconds since 1970.
  static let time = "atoll-time"
}

extension RPCError {
  init(_ error: WireError) {
    var metadata: Metadata = [
      Trailer.code: "\(error.code)", Trailer.time: "\(Int(Date.now.timeIntervalSince1970))",
    ]
    if let hint = error.hint { metadata.addBinary(Array(hint.utf8), forKey: Trailer.hint + "-bin") }
    self.init(code: error.code.status, message: error.message, metadata: metadata)
  }

  /// Whether a server of ours understood, and said no.
  var isRefusal: Bool {
    metadata[stringValues: Trailer.code].contains { $0 == "\(WireError.Code.refused)" }
  }

  /// The server's clock, in seconds since 1970; nil where it does not tell.
  var time: Int? { metadata[stringValues: Trailer.time].first { _ in true }.flatMap { Int($0) } }
}

extension WireError {
  /// What a call failed with, in our words.
  init(_ error: RPCError, server: ServerAddress) {
    let told = error.metadata[stringValues: Trailer.code].first { _ in true }
    let hint = error.metadata[binaryValues: Trailer.hint + "-bin"].first { _ in true }.map {
      String(decoding: $0, as: UTF8.self)
    }
    if let told, let code = Code(told) {
      self.init(code, error.message, hint: hint)
      return
    }
    self.init(Code(error, server: server), Self.words(error, server))
  }

  private static func words(_ error: RPCError, _ server: ServerAddress) -> String {
    let detail = error.detail
    if detail.contains("CERTIFICATE_VERIFY_FAILED") || detail.contains("unableToValidateCertificate") {
      return
        "\(server) shows a certificate that is not of this federation's authority, or of another name, or has expired"
    }
    if detail.contains("ertificate") && (detail.contains("ALERT") || detail.contains("alert")) {
      return "\(server) does not accept the certificate: it has expired, or is of another federation"
    }
    switch error.code {
    case .deadlineExceeded:
      return "\(server) did not answer within \(Int(WireLimits.callTimeout / .seconds(1))) s"
    case .unavailable, .cancelled: return "\(server) cannot be reached"
    default: return "\(server) answered: \(error.message)"
    }
  }
}

extension WireError.Code {
  fileprivate var status: RPCError.Code {
    switch self {
    case .unreachable: .unavailable
    case .untrusted: .unauthenticated
    case .refused: .failedPrecondition
    case .protocolViolation: .outOfRange
    case .invalid: .invalidArgument
    case .tryLater: .resourceExhausted
    default: .unknown
    }
  }

  fileprivate init(_ error: RPCError, server: ServerAddress) {
    let detail = error.detail
    if detail.contains("CERTIFICATE_VERIFY_FAILED") || detail.contains("unableToValidateCertificate")
      || (detail.contains("ertificate") && (detail.contains("ALERT") || detail.contains("alert")))
    {
      self = .untrusted
      return
    }
    switch error.code {
    case .unavailable, .deadlineExceeded, .cancelled: self = .unreachable
    case .unauthenticated, .permissionDenied: self = .untrusted
    case .resourceExhausted: self = .tryLater
    case .unimplemented, .internalError, .dataLoss: self = .protocolViolation
    default: self = .refused
    }
  }

  fileprivate init?(_ text: String) {
    let known: [WireError.Code] = [
      .unreachable, .untrusted, .refused, .protocolViolation, .invalid, .tryLater,
    ]
    guard let code = known.first(where: { $0.description == text }) else { return nil }
    self = code
  }
}

extension RPCError {
  /// The message with those of its causes.
  fileprivate var detail: String {
    var text = message
    var next = cause
    var depth = 0
    while let cause = next, depth < 8 {
      text += "; \(cause)"
      next = (cause as? RPCError)?.cause
      depth += 1
    }
    return text
  }
}
