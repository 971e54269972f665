import AtollFederation
import AtollNumerics
import AtollReport
import AtollStore
import AtollWire
import FoundationEssentials

/// Looks at a participant's folder, and at its way to the server.
struct ParticipantDoctor {
  let folder: String
  let data: String?
  let proxy: ProxyChoice

  private static let connectSeconds = 5

  func examine(_ diagnosis: inout Diagnosis) {
    diagnosis.add(kernels)
    let identity: Identity
    do {
      identity = try Identity(contentsOf: folder)
    } catch {
      return diagnosis.add(.failed("identity", error))
    }
    diagnosis.add(.ok("identity", "\(identity.name), a \(identity.role.rawValue) of \(identity.server)"))
    diagnosis.add(SharedChecks.permissions(of: folder + "/key.pem"))
    diagnosis.add(certificate(of: identity))
    diagnosis.add(SharedChecks.disk(at: folder))
    diagnosis.add(pending)
    if let data { diagnosis.add(table(data)) }
    way(identity, &diagnosis)
  }

  private var kernels: Check {
    guard let error = Kernels.requestError else { return .ok("kernels", Kernels.active.name) }
    return .warning("kernels", error, mend: "unset ATOLL_KERNELS")
  }

  private func certificate(of identity: Identity) -> Check {
    do {
      return SharedChecks.certificate(
        identity.name, until: try identity.notAfter,
        mend: "a new invitation from the operator, and atoll enroll \(identity.server.url)")
    } catch {
      return .failed("certificate", error)
    }
  }

  /// Answers that the server has not settled; they are offered again at the next start.
  private var pending: Check {
    let files = FileManager.default
    let runs = (try? files.contentsOfDirectory(atPath: folder + "/state/runs")) ?? []
    let count = runs.reduce(0) { count, run in
      let kept = (try? files.contentsOfDirectory(atPath: "\(folder)/state/runs/\(run)")) ?? []
      return count + kept.count { $0.hasPrefix("pending-") }
    }
    return .ok(
      "answers", count == 0 ? "none is unsettled" : "\(Figure.count(count, "answer")) to be offered again")
  }

  private func table(_ source: String) -> Check {
    do {
      let paths: [String] =
        switch try DataSource(typed: source).origin {
        case .csv(let file), .sqlite(let file, _): [file]
        case .images(let images, let labels): [images, labels]
        case .postgreSQL: [source]
        }
      var bytes = 0
      for path in paths { try FileSource(path).forEachChunk { bytes += $0.count } }
      return .ok("data", "\(paths.joined(separator: " and ")) can be read, \(Figure.bytes(bytes))")
    } catch {
      return .failed("data", error)
    }
  }

  private func way(_ identity: Identity, _ diagnosis: inout Diagnosis) {
    let server = identity.server
    do {
      // Behind a proxy the server's name is the proxy's business.
      if let between = try proxy.proxy(to: server) {
        let place = ServerAddress(host: between.host, port: between.port)
        guard
          isOpen(
            place, "the proxy \(place)", mend: "ask your network's people for the proxy's address", &diagnosis
          )
        else { return }
      } else {
        guard
          isOpen(
            server, "\(server)",
            mend:
              "ask the operator whether the server runs, and your network's people whether the port is open",
            &diagnosis)
        else { return }
      }
    } catch {
      return diagnosis.add(.failed("proxy", error))
    }
    handshake(identity, &diagnosis)
  }

  /// Whether somebody listens at an address.
  private func isOpen(
    _ place: ServerAddress, _ name: String, mend: String, _ diagnosis: inout Diagnosis
  ) -> Bool {
    do {
      diagnosis.begin("looking up \(place.host)", seconds: 30)
      let addresses = try Reach.resolve(place)
      diagnosis.add(.ok("name", "\(place.host) has \(Figure.count(addresses.count, "address", "addresses"))"))
      diagnosis.begin("connecting to \(name)", seconds: Self.connectSeconds * addresses.count)
      var obstacle: Reach.Obstacle?
      for address in addresses {
        do throws(Reach.Obstacle) {
          try Reach.connect(address, seconds: Self.connectSeconds)
          diagnosis.add(.ok("port", "\(name) takes connections"))
          return true
        } catch {
          obstacle = obstacle ?? error
        }
      }
      diagnosis.add(
        .problem(
          "port", .unreachable, "\(name) cannot be connected to: \(obstacle?.words ?? "no address")",
          mend: mend))
    } catch {
      diagnosis.add(
        .problem(
          "name", .unreachable, "\(place.host) has no address: \(error.words)",
          mend: "ask the operator for the server's name"))
    }
    return false
  }

  /// Asks what only operators may: a refusal by name shows that both sides know each other, and disturbs nobody.
  private func handshake(_ identity: Identity, _ diagnosis: inout Diagnosis) {
    diagnosis.begin("shaking hands with \(identity.server)", seconds: 20)
    do {
      let time = try waiting { try await WireClient(identity, proxy: proxy).greet() }
      diagnosis.add(.ok("handshake", "the server is of this federation, and knows \(identity.name)"))
      if let time { diagnosis.add(clock(ahead: Int(Date.now.timeIntervalSince1970) - time)) }
    } catch {
      diagnosis.add(.failed("handshake", error))
    }
  }

  /// Certificates are good from five minutes before they are made, for clocks that differ.
  private func clock(ahead seconds: Int) -> Check {
    let words =
      "\(Figure.wait(seconds: abs(seconds))) \(seconds < 0 ? "behind" : "ahead of") the server's"
    if abs(seconds) > 300 {
      return .problem(
        "clock", .badInput, words + ": certificates may not be taken", mend: "timedatectl set-ntp true")
    }
    return abs(seconds) > 30
      ? .warning("clock", words, mend: "timedatectl set-ntp true") : .ok("clock", "agrees with the server's")
  }
}
