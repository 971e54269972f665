import AtollNumerics
import Foundation
import Synchronization

@testable import AtollStore

/// A process: when it is dead, nothing that it still tries has any effect.
final class Life: Sendable {
  private let dead = Mutex(false)

  var isOver: Bool { dead.withLock { $0 } }

  func end() { dead.withLock { $0 = true } }
}

/// What outlives the processes of one machine.
final class Platter: Sendable {
  fileprivate struct State {
    var files: [String: Data] = [:]
    /// Removed, or moved, since the disk was last waited for: after a power failure some of it may be there again.
    var removed: [String: Data] = [:]
    /// Written without waiting for the disk.
    var unsynchronized: Set<String> = []
    /// Until then nothing can be written, in virtual milliseconds.
    var fullUntil = 0
  }
  fileprivate let state = Mutex(State())

  /// The power fails: what was not waited for may be half there, or back.
  func losePower(_ plan: FaultPlan) {
    state.withLock { state in
      for (path, bytes) in state.removed.sorted(by: { $0.key < $1.key })
      where state.files[path] == nil && plan.below(2) == 0 { state.files[path] = bytes }
      for path in state.unsynchronized.sorted() {
        guard let bytes = state.files[path], plan.below(2) == 0 else { continue }
        state.files[path] = bytes.prefix(plan.below(bytes.count + 1))
      }
      state.removed = [:]
      state.unsynchronized = []
    }
  }
}

/// A machine's disk as one process of it sees it.
final class SimulatedDisk: Disk {
  private let platter: Platter
  private let life: Life
  private let plan: FaultPlan
  private let owner: String
  private let mutant: Mutant?

  init(_ platter: Platter, life: Life, plan: FaultPlan, owner: String, mutant: Mutant?) {
    (self.platter, self.life, self.plan, self.owner, self.mutant) = (platter, life, plan, owner, mutant)
  }

  private func dead(_ path: String) -> StoreError {
    StoreError(.cannotWrite, path: path, "the process is dead")
  }

  /// What a name stands for in a trace.
  private func short(_ path: String) -> String {
    path.split(separator: "/").suffix(2).joined(separator: "/").prefix(40).description
  }

  func makeFolder(_ path: String) throws(StoreError) { if life.isOver { throw dead(path) } }

  func write(_ bytes: Data, to path: String) throws(StoreError) {
    guard !life.isOver else { throw dead(path) }
    if isFull(path) {
      if mutant == .noSpaceSwallowed { return }
      throw StoreError(.cannotWrite, path: path, "cannot be written: there is no space left on the disk")
    }
    guard plan.strikes(.crash, "\(owner) writing \(short(path))") else {
      return put(bytes, path)
    }
    switch plan.below(3) {
    case 0: break
    case 1:
      let part = bytes.prefix(plan.below(bytes.count + 1))
      put(part, mutant == .tornWriteBelieved ? path : "\(folder(of: path))/.atoll-1-\(plan.below(1000)).tmp")
    default: put(bytes, path)
    }
    life.end()
    throw dead(path)
  }

  private func folder(of path: String) -> Substring {
    path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)
  }

  private func isFull(_ path: String) -> Bool {
    if platter.state.withLock({ $0.fullUntil > plan.time }) { return true }
    guard plan.strikes(.noSpace, "\(owner) writing \(short(path))") else { return false }
    platter.state.withLock { $0.fullUntil = plan.time + plan.below(20_000) }
    return true
  }

  private func put(_ bytes: Data, _ path: String) {
    platter.state.withLock { state in
      state.files[path] = bytes
      state.unsynchronized.remove(path)
      // With the file its folder is waited for, and no other.
      let folder = folder(of: path)
      state.removed = state.removed.filter { self.folder(of: $0.key) != folder }
    }
  }

  func read(_ path: String) throws(StoreError) -> Data {
    guard !life.isOver, let bytes = platter.state.withLock({ $0.files[path] }) else {
      throw StoreError(.notFound, path: path, "no such file")
    }
    return bytes
  }

  func exists(_ path: String) -> Bool { platter.state.withLock { $0.files[path] != nil } }

  func names(in folder: String) -> [String] {
    let names = platter.state.withLock { state in
      state.files.keys.compactMap { path -> String? in
        guard path.hasPrefix(folder + "/") else { return nil }
        return path.dropFirst(folder.count + 1).split(separator: "/").first.map(String.init)
      }
    }
    return Set(names).sorted()
  }

  func remove(_ path: String) {
    var found = platter.state.withLock { state in
      state.files.keys.filter { $0 == path || $0.hasPrefix(path + "/") }
    }.sorted()
    while !found.isEmpty, !life.isOver {
      if plan.strikes(.crash, "\(owner) removing \(short(path))") { return life.end() }
      let next = found.remove(at: plan.below(found.count))
      platter.state.withLock { state in
        state.removed[next] = state.files.removeValue(forKey: next)
        state.unsynchronized.remove(next)
      }
    }
  }

  /// Adds a line to a book that is only ever added to, on the disk when this returns; a line that is torn is not there.
  func addLine(_ name: String, _ body: () -> Void) throws(StoreError) {
    guard !life.isOver else { throw dead(name) }
    if isFull(name) {
      if mutant == .noSpaceSwallowed { return }
      throw StoreError(.cannotWrite, path: name, "cannot be written: there is no space left on the disk")
    }
    guard plan.strikes(.crash, "\(owner) writing \(name)") else { return body() }
    if plan.below(2) == 0 { body() }
    life.end()
    throw dead(name)
  }

  /// Adds to a file that is being received, without waiting for the disk.
  ///
  /// - Returns: its length; nil when the process is dead.
  func append(_ bytes: Data, to path: String) -> Int? {
    guard !life.isOver else { return nil }
    let isTorn = plan.strikes(.crash, "\(owner) receiving \(short(path))")
    defer { if isTorn { life.end() } }
    return platter.state.withLock { state in
      state.files[path, default: Data()] += isTorn ? bytes.prefix(bytes.count / 2) : bytes
      state.unsynchronized.insert(path)
      return isTorn ? nil : state.files[path]?.count
    }
  }

  /// Moves a file, without waiting for the disk.
  func move(_ path: String, to place: String) {
    guard !life.isOver else { return }
    platter.state.withLock { state in
      guard let bytes = state.files.removeValue(forKey: path) else { return }
      state.unsynchronized.remove(path)
      state.unsynchronized.insert(place)
      state.files[place] = bytes
    }
  }

  func size(of path: String) -> Int { platter.state.withLock { $0.files[path]?.count ?? 0 } }
}

/// A participant's book of receipts.
final class SimulatedBook: Sendable {
  private let lines = Mutex<[Receipt]>([])

  var receipts: [Receipt] { lines.withLock { $0 } }

  /// The book as one process of the participant opens it.
  func opened(
    on disk: SimulatedDisk
  ) -> ((Receipt) -> Void) throws -> @Sendable (Receipt.Entry) throws -> Receipt {
    { tell in
      self.receipts.forEach(tell)
      return { entry in
        let receipt = Receipt(entry, number: self.receipts.count + 1, time: "", previous: .ofNothing)
        try disk.addLine("receipts") { self.lines.withLock { $0.append(receipt) } }
        return receipt
      }
    }
  }
}
