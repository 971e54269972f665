import AtollLearning
import AtollNumerics
import AtollTesting
import Foundation

/// The peers' data sets as files: raw little-endian numbers, the same bytes as their own generator writes.
enum DataFiles {
  /// Writes what is not there yet.
  ///
  /// - Throws: ``Complaint`` when a file's SHA-256 is not the specified one.
  static func prepare(in folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for workload in PeerWorkload.allCases {
      let all = workload.dataset(0..<(workload.offsets.last ?? 0))
      guard case .classes(let labels, _) = all.targets else { continue }
      try write(all.features, "\(workload)_x.f32", to: folder)
      try write(labels, "\(workload)_y.i32", to: folder)
      let cohorts = (0..<100).flatMap { workload.cohort(round: $0).map(Int32.init) }
      try write(cohorts, "\(workload)_cohorts.i32", to: folder)
      if workload == .w1 { try write(workload.offsets.map(Int32.init), "w1_off.i32", to: folder) }
      if workload != .w2 { try write(workload.initialWeights, "\(workload)_init.f32", to: folder) }
    }
  }

  private static func write<Element: BitwiseCopyable>(
    _ elements: [Element], _ name: String, to folder: URL
  ) throws {
    let file = folder.appending(path: name)
    let hash = elements.withUnsafeBytes { ContentHash(of: $0) }
    guard hash.hexadecimal == sums[name] else { throw Complaint("\(name) has other bytes than specified") }
    if let size = try? file.resourceValues(forKeys: [.fileSizeKey]).fileSize,
      size == elements.count * MemoryLayout<Element>.stride
    {
      return
    }
    try elements.withUnsafeBytes { try Data($0).write(to: file, options: .atomic) }
  }

  /// The peers' DATA-SHA256.txt, seed 1.
  private static let sums = [
    "w1_off.i32": "8c12403e19aba279c07665bb1a28386a4924e28b5d62eb4c8284ae25a6dd89cb",
    "w1_y.i32": "2d7d59214e0ad6e6401340d6c7c6313a4cb0957a0201dc1c007ddda5a1675acf",
    "w1_x.f32": "2f70a285c559f615eba3a11a1f11b80d02a6a6bca3f03fdeed82d6a34c0d0af1",
    "w1_init.f32": "2ba4d19aba6a8516a37642df947b6144dfd3a9a43eb7b89673fd8e28296c1006",
    "w1_cohorts.i32": "df0d2c2cf46808c7eb3c2b639b352546a4c41a1848f7219b037735e6dab7dcda",
    "w2_x.f32": "d9ed82eb02398a68c3f328098fdac19c0e363e83fca152fdcf9728983b2f0a24",
    "w2_y.i32": "ee285c2d38ad33415fe27c489496cb8a6f4b24ba5b803c39a467b467d3e6304f",
    "w2_cohorts.i32": "5b5f3376d252c712d7930ea84b5ed24d16c835bd75598fac161f176429ea8b4b",
    "w3_y.i32": "b71ae678c57508fe98fb25fe9c32812ec30e970a1a9fd7f61ebeb082fd9cd1ba",
    "w3_x.f32": "d8b1f377b1cc6eb5a1c6cb2086b0bda108b9c6aeac751bf89bebfe7fc334c136",
    "w3_init.f32": "f37084a9c2dfe107e2f63a6c022d9883d77b66071643957100a37fcb98e10a91",
    "w3_cohorts.i32": "980df4b8709f12360ff5de432284d2fca572ca466ff8e5b5bc9e3cadc1dc47de",
  ]
}

/// What is wrong, in one sentence.
struct Complaint: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
