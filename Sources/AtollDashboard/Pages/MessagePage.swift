import AtollReport

/// A page that has one thing to say.
struct MessagePage {
  let title: String
  let words: String
  /// What to type, where something helps.
  var command: String?
  /// A form below it.
  var form: HTML = ""

  var page: Page {
    let command: HTML = command.map { "<pre>\($0)</pre>" } ?? ""
    return Page(
      title: title, place: nil,
      main: [
        Part(
          id: "message", attributes: "class=\"panel empty\" aria-labelledby=\"message-title\"",
          content: "<h1 id=\"message-title\">\(title)</h1><p>\(words)</p>\(command)\(form)")
      ])
  }

  /// For who is not signed in.
  static let signIn = MessagePage(
    title: "Sign in",
    words:
      "These pages are for those whom the server's operator lets in. A link that opens them once, for a few minutes, is made on the server's machine:",
    command: "atoll dashboard --state server")

  /// For who comes with a link. The form keeps programs that look at links from using it up.
  static func open(link: String) -> MessagePage {
    MessagePage(
      title: "Sign in",
      words: "This link can be used once, and signs this browser in.",
      form: """
        <form method="post" action="/sign-in"><input type="hidden" name="token" value="\(link)">\
        <button class="main">Sign in</button></form>
        """)
  }

  static let refused = MessagePage(
    title: "This link does not open anything",
    words: "It was used already, or its time is over. A new one is made on the server's machine:",
    command: "atoll dashboard --state server")

  static let tooMany = MessagePage(
    title: "Too many tries", words: "Signing in was tried too often from here. Try again in a minute.")

  static let notFound = MessagePage(
    title: "There is no such page",
    words: "The runs, the participants and the audit log are in the line above.")

  static func unavailable(_ reason: String) -> MessagePage {
    MessagePage(title: "The server's state cannot be read", words: reason)
  }
}
