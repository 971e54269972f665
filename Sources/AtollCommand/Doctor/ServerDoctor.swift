import AtollNumerics
import AtollReport
import AtollServer
import AtollWire
import FoundationEssentials

/// Looks at a server's folder, and at the server where it runs.
struct ServerDoctor {
  let state: String

  func examine(_ diagnosis: inout Diagnosis) {
    let opened: ServerState
    do {
      opened = try ServerState(in: state, creating: false)
    } catch {
      return diagnosis.add(.failed("state", error))
    }
    diagnosis.add(SharedChecks.permissions(of: state + "/authority/key.pem"))
    diagnosis.add(SharedChecks.permissions(of: state + "/atoll.sqlite"))
    diagnosis.add(SharedChecks.disk(at: state))
    do {
      try store(opened, &diagnosis)
      try members(opened, &diagnosis)
    } catch {
      diagnosis.add(.failed("database", error))
    }
    service(&diagnosis)
  }

  private func store(_ opened: ServerState, _ diagnosis: inout Diagnosis) throws {
    let faults = try opened.databaseFaults()
    diagnosis.add(
      faults.isEmpty
        ? .ok("database", "whole")
        : .problem("database", .badInput, "damaged: \(faults[0])", mend: "a copy of \(state) from before"))
    diagnosis.add(
      try opened.firstBrokenAuditEntry().map { number in
        Check.problem(
          "audit log", .badInput, "entry \(number) does not follow from the one before: it was changed")
      } ?? .ok("audit log", "each entry follows from the one before"))
    let ahead = try opened.lastAuditTime().map { $0 - Int(Date.now.timeIntervalSince1970) } ?? 0
    diagnosis.add(
      ahead > 5
        ? .warning(
          "clock",
          "it is \(Figure.wait(seconds: ahead)) behind the last entry of the audit log: it was set back",
          mend: "timedatectl set-ntp true")
        : .ok("clock", "not behind what was written"))
  }

  private func members(_ opened: ServerState, _ diagnosis: inout Diagnosis) throws {
    let members = try opened.members()
    diagnosis.add(
      SharedChecks.certificate("the authority", until: try opened.authorityEnds(), mend: "a new federation"))
    let active = members.filter { !$0.isRevoked }
    let soon = active.filter { Double($0.notAfter) < Date.now.timeIntervalSince1970 + 30 * 86_400 }
    let counts = "\(Figure.count(active.count, "member")), \(members.count - active.count) revoked"
    diagnosis.add(
      soon.isEmpty
        ? .ok("members", counts)
        : .warning(
          "members",
          "\(counts); certificates end within 30 days: \(soon.map(\.name).joined(separator: ", "))",
          mend: "participants that connect renew by themselves"))
  }

  private func service(_ diagnosis: inout Diagnosis) {
    let folder = state + "/operator"
    do {
      let identity = try Identity(contentsOf: folder)
      diagnosis.add(
        SharedChecks.certificate("the operator", until: try identity.notAfter, mend: "atoll invite operator"))
      diagnosis.begin("asking \(identity.server)", seconds: 20)
      let runs = try waiting { try await WireClient(identity).runs() }
      diagnosis.add(.ok("server", "answers at \(identity.server)"))
      let open = runs.filter { !$0.status.isOver }
      if open.isEmpty { diagnosis.add(.ok("runs", "none goes on")) }
      for run in open {
        let detail = run.detail.isEmpty ? "" : ": \(run.detail)"
        diagnosis.add(.ok("run \(run.run)", "round \(run.round) of \(run.rounds)\(detail)"))
      }
    } catch let error as WireError where error.code == .unreachable {
      diagnosis.add(
        .problem("server", .unreachable, error.message, mend: "atoll serve --state \(Shell.quoted(state))"))
    } catch {
      diagnosis.add(.failed("server", error))
    }
  }
}
