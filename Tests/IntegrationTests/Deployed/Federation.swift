import Foundation
import Testing

/// A server and its participants as processes of `atoll`, on loopback with mutual TLS.
final class Federation {
  let folder: Folder
  private(set) var url = ""
  private var server: AtollProcess?
  private var participants: [String: AtollProcess] = [:]

  init(_ study: Study) throws { folder = try study.folder() }

  deinit {
    for process in participants.values { process.send(SIGKILL) }
    server?.send(SIGKILL)
  }

  /// Starts the server, at the port that it had before where it had one.
  func serve() throws {
    let port = url.split(separator: ":").last.map(String.init) ?? "0"
    let process = try AtollProcess(
      ["serve", "--state", "server", "--listen", "127.0.0.1:\(port)", "--json"], in: folder)
    server = process
    let deadline = Date(timeIntervalSinceNow: 20)
    while url.isEmpty || !process.output.contains("listening") {
      try #require(Date.now < deadline, "the server does not start: \(process.errors)")
      if let line = process.output.split(separator: "\n").first,
        let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
        let listening = object["url"] as? String
      {
        url = listening
      }
      usleep(5000)
    }
  }

  /// Invites and enrols, each in a process of its own.
  func enroll(_ names: [String]) throws {
    for name in names {
      let invited = try atoll("invite", name, "--state", "server", in: folder)
      try #require(invited.status == 0, "\(invited.errors)")
      try folder.write(invited.output, to: name + ".invite")
      let enrolled = try atoll(
        "enroll", url, "--invitation", name + ".invite", "--identity", name + ".id", in: folder)
      try #require(enrolled.status == 0, "\(enrolled.errors)")
    }
  }

  /// Starts a participant; one that was there before must have ended.
  ///
  /// - Parameter data: its source; nil for the table that is named after it.
  func participate(_ name: String, _ more: String..., data: String? = nil) throws {
    participants[name] = try AtollProcess(
      ["participate", "task.yaml", "--identity", name + ".id", "--data", data ?? name + ".csv", "--json"]
        + more,
      in: folder)
  }

  /// - Returns: the run's name.
  func submit(_ more: String...) throws -> String {
    let submitted = try AtollProcess(
      ["submit", "task.yaml", "--identity", "server/operator", "--json"] + more, in: folder
    ).wait(deadline: 30)
    try #require(submitted.status == 0, "\(submitted.errors)")
    return try #require(try submitted.events().first?["run"] as? String)
  }

  func watch(_ run: String, to out: String, deadline: Double) throws -> Ended {
    try atoll(
      "watch", run, "--identity", "server/operator", "--json", "--out", out, in: folder, deadline: deadline)
  }

  /// What is resident of the server now, in MB; nil where the system does not tell.
  var serverMegabytes: Double? { server?.residentMegabytes }

  func killServer() throws {
    server?.send(SIGKILL)
    _ = try server?.wait()
  }

  /// Stops the server as a service manager does.
  func stopServer() throws -> Ended? {
    server?.send(SIGTERM)
    return try server?.wait(deadline: 30)
  }

  func kill(_ name: String) throws {
    participants[name]?.send(SIGKILL)
    _ = try participants[name]?.wait()
    participants[name] = nil
  }

  /// Waits until a participant has told of something.
  func awaitEvent(_ name: String, _ text: String, deadline: Double = 60) throws {
    let participant = try #require(participants[name])
    let end = Date(timeIntervalSinceNow: deadline)
    while !participant.output.contains(text) {
      try #require(Date.now < end, "\(name) never told of \(text): \(participant.errors)")
      usleep(500)
    }
  }

  /// How a participant ended.
  func end(of name: String, deadline: Double = 60) throws -> Ended {
    try #require(participants[name]).wait(deadline: deadline)
  }

  /// What a participant has said so far to whoever watches its terminal.
  func errors(of name: String) -> String { participants[name]?.errors ?? "" }

  /// Whether a participant has ended by itself.
  func hasEnded(_ name: String) -> Bool { participants[name]?.isOver ?? true }
}
