import Foundation
import Testing

/// Places that cannot be written.
@Suite(.serialized) struct `A run's folder` {
  @Test func `is never written over`() throws {
    let folder = try Study.wards.folder()
    try folder.write("mine", to: "run/notes.txt")
    try Fault("", arguments: "--out", "run", status: 73, says: "run", "never overwritten").check(in: folder)
    #expect(try folder.text("run/notes.txt") == "mine")
  }

  #if os(Linux)
    @Test(arguments: ["/proc/atoll/run", "/sys/atoll/run", "/dev/null/run"])
    func `lies where something can be written`(_ path: String) throws {
      let folder = try Study.wards.folder()
      try Fault("", arguments: "--out", path, status: 73, says: "cannot be written").check(in: folder)
    }
  #endif

  /// SIGXFSZ is ignored, so that a file that grows over the limit, in blocks of 512 bytes, cannot be written, as on a
  /// full disk.
  private func limited(to blocks: Int, _ command: String, in folder: Folder) throws -> Ended {
    try shell("trap '' XFSZ; ulimit -f \(blocks); exec \"$atoll\" \(command)", in: folder)
  }

  @Test func `is not made where not even its first file fits`() throws {
    let folder = try Study.wards.folder()
    let before = folder.names
    // Standard error is a file, too: the message goes through a pipe.
    let ended = try shell(
      "(trap '' XFSZ; ulimit -f 0; \"$atoll\" run task.yaml --out run 2>&1 >/dev/null; echo $?) | cat",
      in: folder)
    #expect(ended.output.contains("larger than a file may be"))
    #expect(ended.output.hasSuffix("73\n"), "\(ended.output)")
    #expect(folder.names == before)
  }

  @Test func `on a disk that becomes full can be resumed when there is room again`() throws {
    let folder = try Study.wards.folder()
    let rounds = "--set federation.rounds=40"
    try #require(try shell("exec \"$atoll\" run task.yaml \(rounds) --out whole", in: folder).status == 0)
    let ended = try limited(to: 16, "run task.yaml \(rounds) --out run", in: folder)
    #expect(ended.status == 73, "\(ended.errors)")
    #expect(ended.words.contains("cannot be written"))
    #expect(!folder.has("run/model.safetensors"))
    #expect(!folder.names.contains { $0.hasSuffix(".tmp") })
    let resumed = try atoll("run", "--resume", "run", in: folder)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try folder.bytes("run/model.safetensors") == folder.bytes("whole/model.safetensors"))
    #expect(try folder.bytes("run/manifest.json") == folder.bytes("whole/manifest.json"))
  }

  #if os(Linux)
    /// Where this process may mount one; a file that may not grow, above, stands for it elsewhere.
    @Test func `on a small disk fails with the right words`() throws {
      let folder = try Study.wards.folder()
      try folder.write("", to: "disk/.keep")
      guard try shell("mount -t tmpfs -o size=64k none disk 2>/dev/null", in: folder).status == 0 else {
        print("No file system can be mounted here.")
        return
      }
      defer { _ = try? shell("umount disk", in: folder) }
      let ended = try atoll(
        "run", "task.yaml", "--set", "federation.rounds=300", "--out", "disk/run", in: folder)
      #expect(ended.status == 73, "\(ended.errors)")
      #expect(ended.words.contains("no space left on the disk"))
      #expect(!folder.has("disk/run/model.safetensors"))
    }

    @Test func `is finished though nobody could be told`() throws {
      let folder = try Study.wards.folder()
      let ended = try shell("exec \"$atoll\" run task.yaml --json --out run > /dev/full", in: folder)
      #expect(ended.status == 73)
      #expect(ended.words.contains("the output cannot be written"))
      #expect(try atoll("verify", "run", in: folder).status == 0)
    }
  #endif
}
