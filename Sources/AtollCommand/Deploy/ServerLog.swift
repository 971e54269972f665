import AtollFederation
import AtollNumerics
import AtollServer
import AtollWire
import FoundationEssentials

/// What happens at the server, as lines for people or for programs.
struct ServerLog: Sendable {
  let console: Console

  func hear(_ event: ServerEvent) {
    console.emit(event.name, fields(of: event))
    let time = Self.time(event).dropFirst(11).prefix(8)
    let run = event.run.map { "\($0): " } ?? ""
    console.note("\(String(time), .dim)  \(run)\(words(event))", indent: 10)
  }

  private static func time(_ event: ServerEvent) -> String {
    Date(timeIntervalSince1970: Double(event.time)).formatted(.iso8601)
  }

  private func words(_ event: ServerEvent) -> String {
    let who = event.participant?.name ?? ""
    switch event.what {
    case .joined(let software): return "\(who) joined with \(software)"
    case .left: return "\(who) left"
    case .refused(let reason): return "refused an answer of \(who): \(reason)"
    case .waiting(let names):
      return "waiting for \(names.prefix(3).map(\.name).joined(separator: ", ")) to join"
    case .round(let round):
      return
        "round \(round.round) committed, \(round.participants) of \(round.cohort) in, \(Figure.duration(seconds: round.seconds))"
    case .ended(let status, let reason):
      return reason.isEmpty ? status.rawValue : "\(status.rawValue): \(reason)"
    }
  }

  private func fields(of event: ServerEvent) -> [String: JSON] {
    var fields: [String: JSON] = ["time": .string(Self.time(event))]
    fields["run"] = event.run.map { .string($0.name) }
    fields["participant"] = event.participant.map { .string($0.name) }
    switch event.what {
    case .joined(let software): fields["software"] = .string(software)
    case .left: break
    case .refused(let reason): fields["reason"] = .string(reason)
    case .waiting(let names): fields["for"] = .array(names.map { .string($0.name) })
    case .round(let round):
      fields["round"] = .integer(round.round)
      fields["participants"] = .integer(round.participants)
      fields["cohort"] = .integer(round.cohort)
      fields["bytes_up"] = .integer(round.bytesUp)
      fields["bytes_down"] = .integer(round.bytesDown)
      fields["loss"] = round.loss.map { .number($0) }
      fields["seconds"] = .number(round.seconds)
    case .ended(let status, let reason):
      fields["status"] = .string(status.rawValue)
      if !reason.isEmpty { fields["reason"] = .string(reason) }
    }
    return fields
  }
}
