import HTTPTypes
import Hummingbird
import NIOCore

/// Responses with the headers that every one of them has.
enum Answer {
  /// Nothing but the server's own files, no frames, no forms to elsewhere.
  static let policy =
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    + "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

  static func headers(type: String) -> HTTPFields {
    var headers = HTTPFields()
    headers[.contentType] = type
    headers[.contentSecurityPolicy] = policy
    headers[.xContentTypeOptions] = "nosniff"
    headers[.cacheControl] = "no-store"
    if let name = HTTPField.Name("Referrer-Policy") { headers[name] = "no-referrer" }
    if let name = HTTPField.Name("Cross-Origin-Opener-Policy") { headers[name] = "same-origin" }
    if let name = HTTPField.Name("Cross-Origin-Resource-Policy") { headers[name] = "same-origin" }
    return headers
  }

  static func text(
    _ text: String, _ status: HTTPResponse.Status = .ok, type: String = "text/plain; charset=utf-8"
  ) -> Response {
    Response(
      status: status, headers: headers(type: type), body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }

  static func redirect(to path: String) -> Response {
    var answer = text("", .seeOther)
    answer.headers[.location] = path
    return answer
  }

  static func asset(_ asset: Asset) -> Response {
    var answer = text(asset.content, type: asset.type)
    answer.headers[.cacheControl] = "public, max-age=31536000, immutable"
    return answer
  }
}
