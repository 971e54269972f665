import AtollStore
public import FoundationEssentials

extension ServerState {
  /// A link that opens the pages of a running server, once.
  ///
  /// - Parameters:
  ///   - name: who looks on, for the audit log.
  ///   - minutes: how long the link can be used.
  ///   - days: how long it lasts what the link opens.
  /// - Returns: the link, and until when it can be used.
  /// - Throws: `StoreError`, with code `.notFound` where no pages were ever served.
  public func dashboardLink(for name: String, minutes: Int, days: Int) throws -> (link: String, expires: Date)
  {
    let path = store.path + "/dashboard.url"
    guard let bytes = FileManager.default.contents(atPath: path),
      let line = String(decoding: bytes, as: UTF8.self)
        .split(separator: "\n").first
    else {
      throw StoreError(.notFound, path: path, "no pages are served from here; atoll serve serves them")
    }
    let token = try store.makeLink(for: name, seconds: 60 * minutes, lasts: 86_400 * days)
    return ("\(line)/sign-in?token=\(token.text)", Date.now.addingTimeInterval(Double(60 * minutes)))
  }
}
