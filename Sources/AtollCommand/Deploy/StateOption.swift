import ArgumentParser
import AtollServer

/// A server's folder, for commands that work on its machine.
struct StateOption: ParsableArguments {
  @Option(help: "The server's folder.", completion: .directory, transform: nonEmptyPath)
  var state: String

  /// What the server keeps there.
  ///
  /// - Throws: `StoreError`, `.notFound` where there is no server's folder; `WireError`.
  func open() throws -> ServerState { try ServerState(in: state, creating: false) }
}
