import AtollReport

/// A part of a page that is brought up to date by itself.
struct Part: Hashable, Sendable {
  /// Unique on the page.
  let id: String
  /// The element around it, such as `section`.
  var element: HTML = "section"
  /// Its class and what it is called, as attributes.
  let attributes: HTML
  /// What changes.
  let content: HTML

  var html: HTML { "<\(element) id=\"\(id)\" \(attributes)>\(content)</\(element)>\n" }
}

/// A page with its parts.
struct Page: Sendable {
  /// Where a page belongs in the navigation.
  enum Place: String, CaseIterable, Sendable {
    case runs = "/"
    case participants = "/participants"
    case audit = "/audit"

    var title: String {
      switch self {
      case .runs: "Runs"
      case .participants: "Participants"
      case .audit: "Audit log"
      }
    }
  }

  let title: String
  let place: Place?
  /// The path at which its parts are told as they change; nil where nothing changes.
  var live: String?
  /// Beside the main part.
  var aside: [Part] = []
  let main: [Part]

  var parts: [Part] { aside + main }
}
