import AtollNumerics
import AtollServer
import AtollWire
import FoundationEssentials

/// What is looked at on both sides.
enum SharedChecks {
  /// Whether only its owner may use a file or folder that has secrets.
  static func permissions(of path: String) -> Check {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
      let mode = attributes[.posixPermissions] as? Int
    else { return .problem("permissions", .badInput, "\(path) cannot be looked at") }
    guard mode & 0o077 == 0 else {
      return .problem(
        "permissions", .badInput, "others on this machine can read \(path)",
        mend: "chmod go-rwx \(path)")
    }
    return .ok("permissions", "only its owner can read \(path)")
  }

  static func disk(at path: String) -> Check {
    guard let free = Disk.free(at: path) else { return .ok("disk", "the system does not say what is free") }
    let words = "\(Figure.bytes(free)) free at \(path)"
    if free < Disk.least {
      return .problem("disk", .cannotWrite, words + ": nothing can be kept", mend: "make room")
    }
    if free < 16 * Disk.least { return .warning("disk", words, mend: "make room before long") }
    return .ok("disk", words)
  }

  /// Until when a certificate is good.
  static func certificate(_ name: String, until end: Date, mend: String) -> Check {
    let days = Int(end.timeIntervalSinceNow / 86_400)
    let date = end.formatted(.iso8601).prefix(10)
    if end < .now {
      return .problem(
        "certificate", .refused, "that of \(name) ended on \(date): it is turned away", mend: mend)
    }
    if days < 30 {
      return .warning(
        "certificate", "that of \(name) ends in \(Figure.count(days, "day")), on \(date)", mend: mend)
    }
    return .ok("certificate", "that of \(name) is good until \(date)")
  }
}
