import CFuzzer
import Foundation

/// libFuzzer around one decoder: `fuzz DECODER [libFuzzer's arguments]`; `fuzz --list`; `fuzz --seeds DECODER FOLDER`.
@main enum FuzzMain {
  nonisolated(unsafe) static var decoder: Decoder?

  static func main() throws {
    let arguments = CommandLine.arguments
    if arguments.count == 2, arguments[1] == "--list" {
      for decoder in Decoder.all { print(decoder.name) }
      return
    }
    if arguments.count == 4, arguments[1] == "--seeds" {
      for (number, seed) in try find(arguments[2]).seeds().enumerated() {
        try seed.write(to: URL(fileURLWithPath: "\(arguments[3])/seed-\(number)"))
      }
      return
    }
    let decoder = try find(arguments.dropFirst().first ?? "")
    // Some decoders find files beside the one that varies.
    _ = try decoder.seeds()
    Self.decoder = decoder
    var count = Int32(arguments.count - 1)
    var rest = ([arguments[0]] + arguments.dropFirst(2)).map { strdup($0) } + [nil]
    rest.withUnsafeMutableBufferPointer { rest in
      var start = rest.baseAddress
      exit(
        atoll_run_fuzzer(&count, &start) { bytes, count in
          // Errors are answers.
          try? FuzzMain.decoder?.read(bytes.map { Data(bytes: $0, count: count) } ?? Data())
          return 0
        })
    }
  }

  private static func find(_ name: String) throws -> Decoder {
    guard let decoder = Decoder.all.first(where: { $0.name == name }) else {
      throw CocoaError(.fileNoSuchFile, userInfo: ["decoder": name])
    }
    return decoder
  }
}
