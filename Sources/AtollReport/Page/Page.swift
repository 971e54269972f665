/// The shell of a report: one file that opens offline, loads nothing, and runs no script but its own.
package struct Page {
  let title: String
  /// At the right of the top line.
  let origin: String
  let main: HTML
  let footer: String

  var html: HTML {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
    script-src 'sha256-\(Resources.scriptHash)'; base-uri 'none'; form-action 'none'">
    <meta name="color-scheme" content="light dark">
    <title>\(title)</title>
    <style>
    \(Resources.style)</style>
    </head>
    <body>
    <header class="top">
    \(Self.glyph)
    <b>Atoll</b> <span>Run report</span>
    <span class="right">\(origin)</span>
    </header>
    <main>
    \(main)</main>
    <footer><div>\(footer)</div></footer>
    <script>\(Resources.script)</script>
    </body>
    </html>

    """
  }

  /// A ring of four islands.
  package static let glyph: HTML = """
    <svg class="glyph" viewBox="0 0 26 26" aria-hidden="true"><path d="M10.2 4.4A9 9 0 0 1 20.4 8\
    M22 13.6A9 9 0 0 1 18 20.5M13 22A9 9 0 0 1 5.2 17.5M4 13A9 9 0 0 1 5.6 7.9"/></svg>
    """
}

/// A part of a page under a heading that states what was found.
struct Section {
  let id: String
  let heading: String
  /// Smaller, below the heading.
  var note: String?
  let content: HTML

  var html: HTML {
    """
    <section aria-labelledby="\(id)">
    <h2 id="\(id)">\(heading)</h2>
    \(note.map { "<p class=\"note\">\($0)</p>\n" } ?? "")\(content)
    </section>

    """
  }
}
