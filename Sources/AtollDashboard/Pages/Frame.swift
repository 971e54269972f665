import AtollReport

/// The document around a page.
struct Frame {
  let page: Page
  /// Who looks on; nil for a page that anyone may see.
  let viewer: String?
  /// In UTC, as `14:03:22 UTC`.
  let time: String

  var html: HTML {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>\(page.title) · Atoll</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="\(Asset.style.path)">
    \(scripts)</head>
    <body\(page.live.map { " data-live=\"\($0)\"" } ?? "")>
    <a class="skip" href="#main">To the content</a>
    <header class="bar">
    \(AtollReport.Page.glyph)
    <b>Atoll</b>
    \(navigation)</header>
    <div class="page\(page.aside.isEmpty ? "" : " two-columns")">
    \(page.aside.map(\.html))<main id="main">
    \(page.main.map(\.html))</main>
    </div>
    </body>
    </html>

    """
  }

  /// A page that changes reloads itself where there is no script.
  private var scripts: HTML {
    guard page.live != nil else { return "" }
    return """
      <script src="\(Asset.charts.path)" defer></script>
      <script src="\(Asset.script.path)" defer></script>
      <noscript><meta http-equiv="refresh" content="5"></noscript>

      """
  }

  private var navigation: HTML {
    guard let viewer else { return "" }
    let links = Page.Place.allCases.map { place -> HTML in
      let isHere = place == page.place
      return "<a href=\"\(place.rawValue)\"\(isHere ? " aria-current=\"page\"" : "")>\(place.title)</a>"
    }
    let state: HTML =
      page.live == nil
      ? "" : "<span id=\"link\"><i class=\"sign full\"></i><span>as of \(time)</span></span>\n"
    return """
      <nav aria-label="Pages">\(links)</nav>
      <div class="right">\(state)\
      <form method="post" action="/sign-out"><button title="Signed in as \(viewer)">Sign out</button></form></div>

      """
  }
}
