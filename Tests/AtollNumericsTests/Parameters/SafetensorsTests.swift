import Foundation
import Testing

@testable import AtollNumerics

/// Tests/Vectors/model_files.json: files that the Python package safetensors 0.8.0 wrote, and files of ours that it has
/// read back (model_files.py beside it does both).
private struct ModelFiles: Decodable {
  struct File: Decodable, Sendable, CustomTestStringConvertible {
    struct Tensor: Decodable, Sendable {
      var name: String
      var shape: [Int]
      var values: [Double]
    }
    var name: String
    var metadata: [String: String]
    var tensors: [Tensor]
    var base64: Data

    var testDescription: String { name }

    var parameters: ParameterSet {
      ParameterSet(
        layout: ParameterLayout(tensors.map { ($0.name, $0.shape) }),
        values: tensors.flatMap { $0.values.map(Float.init) })
    }
  }
  var theirs: [File]
  var ours: [File]
  var refused: [String: Data]

  static func load() throws -> ModelFiles { try vectors("model_files") }
}

@Suite struct `Model files` {
  @Test(arguments: try ModelFiles.load().theirs + ModelFiles.load().ours)
  fileprivate func `of the Python package are read`(_ file: ModelFiles.File) throws {
    let (parameters, metadata) = try Safetensors.decode(file.base64)
    #expect(parameters == file.parameters)
    #expect(parameters.values.map(\.bitPattern) == file.parameters.values.map(\.bitPattern))
    #expect(metadata == file.metadata)
  }

  @Test(arguments: try ModelFiles.load().ours)
  fileprivate func `are written byte for byte as the Python package has read them`(_ file: ModelFiles.File)
    throws
  {
    #expect(Safetensors.encode(file.parameters, metadata: file.metadata) == file.base64)
  }

  @Test(arguments: try ModelFiles.load().refused.keys.sorted())
  func `of other types than F32 are refused`(_ type: String) throws {
    let data = try #require(try ModelFiles.load().refused[type])
    let error = #expect(throws: SafetensorsError.self) { try Safetensors.decode(data) }
    #expect(error?.code == .unsupportedType)
    #expect(error?.message == "tensor “w” is of type \(type); only F32 is read: convert it first")
  }

  @Test func `come back with any text in names and metadata`() throws {
    let text = "quote \" slash / back \\ \u{0}\u{1}\u{8}\t\n\u{c}\r\u{1f}\u{7f} é 日本 🏥 \u{202E}"
    let parameters = ParameterSet(layout: ParameterLayout([(text, [2])]), values: [1, 2])
    let file = Safetensors.encode(parameters, metadata: [text: text, "": "", "z": "1", "a": "2"])
    let back = try Safetensors.decode(file)
    #expect(back.parameters == parameters && back.metadata == [text: text, "": "", "z": "1", "a": "2"])
    let json = try JSONSerialization.jsonObject(with: file[8..<(file.count - 8)]) as? [String: Any]
    #expect(json?[text] != nil, "Foundation reads the header too")
  }

  @Test func `may lie in a slice of data, and be empty`() throws {
    let empty = ParameterSet(zeros: ParameterLayout([]))
    let file = Data([1, 2, 3]) + Safetensors.encode(empty)
    #expect(try Safetensors.decode(file[3...]).parameters == empty)
  }

  @Test func `have a header of whole eights`() {
    for length in 1...20 {
      let layout = ParameterLayout([(String(repeating: "n", count: length), [])])
      #expect(Safetensors.encode(ParameterSet(zeros: layout)).count % 8 == 4)
    }
  }
}

@Suite struct `Hostile model files` {
  static let good = #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#

  static func file(
    _ header: String, numbers: [UInt8] = [UInt8](repeating: 0, count: 8), length: UInt64? = nil
  ) -> Data {
    var data = withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { Data($0) }
    data += Data(header.utf8) + numbers
    return data
  }

  static func tensor(_ name: String, shape: String = "[1]", _ offsets: String, type: String = "F32") -> String
  {
    #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(offsets)]}"#
  }

  private func error(_ data: Data) -> SafetensorsError? {
    #expect(throws: SafetensorsError.self) { try Safetensors.decode(data) }
  }

  @Test func `are measured against one that is well`() throws {
    #expect(try Safetensors.decode(Self.file(Self.good)).parameters.values == [0, 0])
    #expect(try Safetensors.decode(Self.file(Self.good + "     ")).parameters.values == [0, 0])
  }

  @Test func `that end early are refused at every length`() {
    let file = Self.file(Self.good)
    for length in 0..<file.count { #expect(error(file.prefix(length))?.code == .truncated, "\(length)") }
  }

  @Test func `whose header is too long are refused before anything is read`() {
    #expect(error(Self.file(Self.good, length: 100_000_001))?.code == .headerTooLong)
    #expect(error(Self.file(Self.good, length: .max))?.code == .headerTooLong)
    #expect(error(Self.file(Self.good, length: 1 << 63))?.code == .headerTooLong)
    #expect(error(Self.file(Self.good, length: 100_000_000))?.code == .truncated)
  }

  @Test(arguments: [
    "", "{", "[]", " " + good, "null", good + "x", good + "\n", good + good, "{\"w\"}", "{\"w\":}",
    "{\"w\":1}",
    "{,}", String(good.dropLast()) + ",}", "{'w':1}", "{\"w", "{\"w\\", "{\"w\\u12", "{\"\\x\":1}",
    "{\"\\uD800\":1}",
    "{\"\\uD800\\n\":1}", "{\"\\uDC00\":1}", "{\"a\nb\":1}",
    "{\"\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
    "{\"w\":{}}", "{\"w\":{\"dtype\":\"F32\",\"shape\":[2]}}",
    "{\"w\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}",
    "{\"w\":{\"shape\":[2],\"data_offsets\":[0,8]}}",
    "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"more\":1}}",
    "{\(tensor("w", shape: "[2]", "0"))}", "{\(tensor("w", shape: "[2]", "0,4,8"))}",
    "{\(tensor("w", shape: "[2]", "-0,8"))}", "{\(tensor("w", shape: "[-2]", "0,8"))}",
    "{\(tensor("w", shape: "[2.0]", "0,8"))}", "{\(tensor("w", shape: "[2e0]", "0,8"))}",
    "{\(tensor("w", shape: "[02]", "0,8"))}", "{\(tensor("w", shape: "[\"2\"]", "0,8"))}",
    "{\(tensor("w", shape: "[[2]]", "0,8"))}", "{\(tensor("w", shape: "[2,]", "0,8"))}",
    "{\(tensor("w", shape: "2", "0,8"))}", "{\(tensor("w", shape: "[9223372036854775808]", "0,8"))}",
    "{\(tensor("w", shape: "[99999999999999999999999]", "0,8"))}",
    "{\"w\":{\"dtype\":F32,\"shape\":[2],\"data_offsets\":[0,8]}}",
    "{\"__metadata__\":[],\(tensor("w", shape: "[2]", "0,8"))}",
    "{\"__metadata__\":{\"a\":1},\(tensor("w", shape: "[2]", "0,8"))}",
    "{\"__metadata__\":{\"a\":null},\(tensor("w", shape: "[2]", "0,8"))}",
  ])
  func `with a header that is not the format's JSON are refused`(_ header: String) {
    #expect(error(Self.file(header))?.code == .malformedHeader)
  }

  @Test func `with text that is not UTF-8 are refused`() {
    for bytes: [UInt8] in [
      [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
    ] {
      let header = [UInt8](Data("{\"".utf8)) + bytes + [UInt8](Data("\":1}".utf8))
      let data = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) } + header
      #expect(error(data)?.code == .malformedHeader)
    }
  }

  @Test func `that name a thing twice are refused`() {
    let headers = [
      "{\(Self.tensor("w", "0,4")),\(Self.tensor("w", "4,8"))}",
      "{\(Self.tensor("w", "0,4")),\(Self.tensor("\\u0077", "4,8"))}",
      // One name to a reader, composed and decomposed.
      "{\(Self.tensor("\u{E9}", "0,4")),\(Self.tensor("e\u{301}", "4,8"))}",
      "{\"__metadata__\":{},\"__metadata__\":{},\(Self.tensor("w", shape: "[2]", "0,8"))}",
      "{\"__metadata__\":{\"a\":\"1\",\"a\":\"1\"},\(Self.tensor("w", shape: "[2]", "0,8"))}",
      "{\"w\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
      "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"shape\":[2],\"data_offsets\":[0,8]}}",
      "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"data_offsets\":[0,8]}}",
    ]
    for header in headers { #expect(error(Self.file(header))?.code == .duplicateName, "\(header)") }
  }

  @Test(arguments: ["BF16", "F16", "F64", "I32", "f32", ""])
  func `of other types are refused`(_ type: String) {
    let header = "{\(Self.tensor("w", shape: "[2]", "0,8", type: type))}"
    #expect(error(Self.file(header))?.code == .unsupportedType)
  }

  @Test(arguments: [
    "[0]", "[2,0]", "[4611686018427387904]", "[2147483648,2147483648,2]", "[65536,65536,65536,65536]",
    "[9223372036854775807]", "[9223372036854775807,9223372036854775807]",
  ])
  func `with impossible shapes are refused`(_ shape: String) {
    #expect(error(Self.file("{\(Self.tensor("w", shape: shape, "0,8"))}"))?.code == .invalidShape)
  }

  @Test(arguments: [
    ("[3]", "0,8"), ("[1]", "0,8"), ("[]", "0,8"), ("[2]", "0,7"), ("[2]", "8,0"), ("[2]", "8,8"),
    ("[2]", "9223372036854775807,0"), ("[2]", "0,9223372036854775807"),
  ])
  func `whose bytes do not fit the shape are refused`(_ shape: String, _ offsets: String) {
    #expect(error(Self.file("{\(Self.tensor("w", shape: shape, offsets))}"))?.code == .sizeMismatch)
  }

  @Test func `with gaps, overlaps or bytes left over are refused`() {
    func code(_ tensors: String...) -> SafetensorsError.Code? {
      error(Self.file("{\(tensors.joined(separator: ","))}"))?.code
    }
    #expect(code(Self.tensor("w", "4,8")) == .gap)
    #expect(code(Self.tensor("v", "0,4"), Self.tensor("w", "5,9")) == .gap)
    #expect(code(Self.tensor("w", "9223372036854775803,9223372036854775807")) == .gap)
    #expect(code(Self.tensor("v", "0,4"), Self.tensor("w", "0,4")) == .overlap)
    #expect(code(Self.tensor("v", shape: "[2]", "0,8"), Self.tensor("w", "4,8")) == .overlap)
    #expect(code(Self.tensor("v", "0,4"), Self.tensor("w", "3,7")) == .overlap)
    #expect(code(Self.tensor("w", "0,4")) == .trailingBytes)
    #expect(error(Self.file("{}"))?.code == .trailingBytes)
    #expect(error(Self.file(Self.good) + [0])?.code == .trailingBytes)
    #expect(code(Self.tensor("w", shape: "[3]", "0,12")) == .truncated)
  }

  @Test func `with tensors named in another order than they lie are read`() throws {
    let header = "{\(Self.tensor("second", "4,8")),\(Self.tensor("first", "0,4"))}"
    let parameters = try Safetensors.decode(Self.file(header, numbers: [0, 0, 128, 63, 0, 0, 0, 64]))
      .parameters
    #expect(parameters.layout.tensors.map(\.name) == ["first", "second"] && parameters.values == [1, 2])
  }

  @Test func `with numbers that are not finite are refused unless asked for`() throws {
    let layout = ParameterLayout([("v", [1]), ("w", [2, 2])])
    for bad in [Float.nan, .infinity, -.infinity] {
      let parameters = ParameterSet(layout: layout, values: [1, 2, 3, 4, bad])
      let file = Safetensors.encode(parameters)
      let error = error(file)
      #expect(error?.code == .notFinite && error?.message == "w[1, 1] is not a finite number")
      let read = try Safetensors.decode(file, allowsNonFinite: true).parameters
      #expect(read.values.map(\.bitPattern) == parameters.values.map(\.bitPattern))
    }
  }

  /// Whatever is done to a good file, it is refused with a typed error or read: never a trap. What is still read
  /// differs in numbers, names or metadata only, so it has the same length of numbers.
  @Test(arguments: 0..<20)
  func `made by chance are refused or read`(_ seed: UInt64) throws {
    var stream = RandomStream(seed: seed, purpose: .sample)
    let pieces = [
      "{", "}", "[", "]", ",", ":", "\"", "\\", "0", "9", "-", "\u{0}", " ", "F32", "9223372036854775807",
      "\\u",
      "__metadata__", "shape", "data_offsets", "é",
    ].map { Array($0.utf8) }
    let header = "{\"__metadata__\":{\"k\":\"v\"},\(Self.tensor("v", "0,4")),\(Self.tensor("w", "4,8"))}"
    var refused = 0
    for _ in 0..<2000 {
      var bytes = [UInt8](Self.file(header))
      for _ in 0...stream.below(3) {
        let place = stream.below(bytes.count)
        switch stream.below(4) {
        case 0: bytes[place] = UInt8(stream.below(256))
        case 1: bytes.insert(contentsOf: pieces[stream.below(pieces.count)], at: place)
        case 2: bytes.removeSubrange(place..<min(bytes.count, place + 1 + stream.below(6)))
        default: bytes[place] ^= 1 << stream.below(8)
        }
        if stream.below(2) == 0, bytes.count > 16 {
          // Let the length fit again, so that the damage is found further inside.
          withUnsafeBytes(of: UInt64(bytes.count - 16).littleEndian) {
            bytes.replaceSubrange(0..<8, with: $0)
          }
        }
      }
      do {
        #expect(try Safetensors.decode(Data(bytes), allowsNonFinite: true).parameters.values.count == 2)
      } catch {
        refused += 1
        #expect(!error.message.isEmpty && error.message.utf8.count < 400)
      }
    }
    #expect(refused > 500)
  }
}
