import AtollClient
import AtollFederation
import AtollNumerics
import AtollStore
import AtollWire
import FoundationEssentials
import Synchronization

/// What a participant does and waits for, as lines for people or for programs.
final class ParticipationTable: Sendable {
  private let console: Console
  private let identity: Identity
  private let sizes = Mutex<[String: (kind: String, bytes: Int)]>([:])
  private let refused = Mutex<[RunID: [String]]>([:])

  init(_ console: Console, identity: Identity) {
    self.console = console
    self.identity = identity
  }

  func introduce(_ consent: Consent, receipts: String) {
    let until = (try? identity.notAfter.formatted(.iso8601)) ?? ""
    console.note("\(identity.name) at \(identity.server), certificate good until \(until.prefix(10))")
    if consent.policy?.isOpen == true, consent.approvals == nil {
      console.warn("every task of \(identity.server) is approved (--policy open)")
    }
    console.note("what leaves is written to \(receipts), before it leaves")
    console.show(live: StyledText("connecting to \(identity.server), for up to 20 s", .dim))
  }

  /// What the owner's rules refused in a run, in words.
  func refusals(of run: RunID) -> [String] { refused.withLock { $0[run] ?? [] } }

  func hear(_ event: ParticipantEvent) {
    switch event {
    case .joined(let server, let participant, let ahead):
      console.show(live: nil)
      console.emit("joined", ["server": .string(server.url), "participant": .string(participant.name)])
      let seconds = Int(ahead / .seconds(1))
      if abs(seconds) > 30 {
        console.warn("this clock is \(abs(seconds)) s \(seconds > 0 ? "behind" : "ahead of") the server's")
      }
      console.show(live: StyledText("joined \(server), waiting for a question", .dim))
    case .waiting(let server, let reason, let attempt, let delay):
      let seconds = Figure.fixed(delay / .seconds(1), 1)
      console.emit(
        "waiting",
        [
          "server": .string(server.url), "reason": .string(reason), "try": .integer(attempt),
          "seconds": .number(delay / .seconds(1)),
        ])
      let text = "waiting for \(server), try \(attempt + 1) in \(seconds) s: \(reason)"
      if console.progress.terminal.isInteractive {
        console.show(live: StyledText(text, .dim))
      } else {
        console.note("  \(text)", indent: 2)
      }
    case .task(let run, let task, let hash, let signer):
      console.emit(
        "task",
        ["run": .string(run.name), "task_sha256": .string("\(hash)"), "signed_by": .string(signer)])
      console.show(live: nil)
      console.note(
        "\(run): \(task.kind.rawValue) “\(task.name)”, task \(hash.abbreviated), \(signer.isEmpty ? "signed by nobody" : "signed by \(signer)")"
      )
    case .asked(let run, let exchange, let kind, let left):
      let time = Figure.duration(seconds: left / .seconds(1))
      console.show(live: StyledText("\(run), \(exchange): \(kind), \(time) to the deadline", .dim))
    case .answered(let run, let exchange, let kind, let bytes):
      sizes.withLock { $0["\(run)/\(exchange)"] = (kind, bytes) }
      console.show(live: StyledText("\(run), \(exchange): \(kind), waiting for the others", .dim))
    case .leaving(let receipt):
      console.emit(
        "leaving",
        [
          "run": .string(receipt.entry.run), "exchange": .integer(receipt.entry.exchange),
          "receipt": .integer(receipt.number), "bytes": .integer(receipt.entry.bytes),
          "sha256": .string(receipt.entry.hash.hexadecimal),
        ])
    case .sending(let run, let exchange, let offset, let size):
      console.emit(
        "sending",
        [
          "run": .string(run.name), "exchange": .integer(exchange), "offset": .integer(offset),
          "bytes": .integer(size),
        ])
      let text = "\(run), \(exchange): sending \(Figure.bytes(size))"
      console.show(live: StyledText(text, .dim))
      // Somebody who saw the connection break wants to know that it goes on where it was.
      if offset > 0 {
        console.note("  the upload goes on at \(Figure.bytes(offset)) of \(Figure.bytes(size))", indent: 2)
      }
    case .declined(let run, let exchange, let kind, let reason, let byPolicy):
      if byPolicy { refused.withLock { $0[run, default: []].append(reason) } }
      console.emit(
        "declined",
        [
          "run": .string(run.name), "exchange": .integer(exchange), "kind": .string(kind),
          "reason": .string(reason), "by_policy": .bool(byPolicy),
        ])
      line(run, exchange, kind, "", byPolicy ? "refused: \(reason)" : "not answered: \(reason)")
    case .refused(let run, let exchange, let reason):
      console.emit(
        "refused", ["run": .string(run.name), "exchange": .integer(exchange), "reason": .string(reason)])
      line(run, exchange, "", "", "the server does not take it: \(reason)")
    case .settled(let run, let exchange, let isCommitted):
      let answer = sizes.withLock { $0.removeValue(forKey: "\(run)/\(exchange)") }
      console.emit(
        "settled",
        [
          "run": .string(run.name), "exchange": .integer(exchange), "committed": .bool(isCommitted),
          "kind": answer.map { .string($0.kind) } ?? .null,
          "bytes": answer.map { .integer($0.bytes) } ?? .null,
        ])
      line(
        run, exchange, answer?.kind ?? "", answer.map { Figure.bytes($0.bytes) } ?? "",
        isCommitted ? "in the sum" : "not in the sum")
    case .warned(let message): console.warn(message)
    case .ended(let run, let status, let reason):
      console.emit(
        "ended", ["run": .string(run.name), "status": .string(status.rawValue), "reason": .string(reason)])
      console.show(live: nil)
    }
  }

  private func line(_ run: RunID, _ exchange: Int, _ kind: String, _ size: String, _ state: String) {
    console.show(live: nil)
    let number = StyledText("\(exchange)").padded(to: 5, .trailing)
    console.note(
      number + "  " + StyledText(kind).padded(to: 14) + "  " + StyledText(size).padded(to: 9, .trailing)
        + "  \(state)", indent: 34)
  }
}
