import HTTPTypes
import Hummingbird
import NIOCore

/// Where a request comes from.
struct Visitor {
  let channel: any Channel

  var address: String { channel.remoteAddress?.ipAddress ?? "" }
}

extension Visitor: InitializableFromSource {
  init(source: ApplicationRequestContextSource) { self.init(channel: source.channel) }
}

extension Request {
  /// A cookie of that name; nil where there is none.
  func cookie(_ name: String) -> String? {
    for field in headers[values: .cookie] {
      for part in field.split(separator: ";") {
        let pair = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
        if pair.count == 2, pair[0] == name { return String(pair[1]) }
      }
    }
    return nil
  }

  /// Whether it comes from one of our own pages, or from no page at all.
  var isOwn: Bool {
    if let name = HTTPField.Name("Sec-Fetch-Site"), let site = headers[name] {
      return site == "same-origin" || site == "none"
    }
    guard let origin = headers[.origin] else { return true }
    return head.authority.map { origin == "http://\($0)" || origin == "https://\($0)" } ?? false
  }

  /// The bearer's token; nil where there is none.
  var bearer: String? {
    guard let field = headers[.authorization], field.lowercased().hasPrefix("bearer ") else { return nil }
    return String(field.dropFirst(7))
  }
}
