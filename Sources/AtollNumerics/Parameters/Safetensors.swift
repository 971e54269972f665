#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// The file format of models: safetensors (Hugging Face, https://github.com/huggingface/safetensors), which any
/// framework reads and no reader executes.
///
/// A file is the length of the header (8 bytes, little-endian), the header (JSON: for each tensor its type, shape and
/// place), and the numbers. The bytes are a function of the parameters: tensors lie in the order of the layout, keys
/// of the metadata are sorted, the header is filled with spaces to a multiple of 8 bytes. So their SHA-256 names
/// the model.
public enum Safetensors {
  /// Longest header that is read: the format's own limit.
  static let longestHeader = 100_000_000
  static let metadataKey = "__metadata__"

  /// - Parameters:
  ///   - parameters: what is encoded.
  ///   - metadata: texts for whoever reads the file.
  /// - Precondition: no tensor is named `__metadata__`.
  public static func encode(_ parameters: ParameterSet, metadata: [String: String] = [:]) -> Data {
    let start = start(parameters.layout, metadata: metadata)
    var data = Data(capacity: start.count + 4 * parameters.values.count)
    data.append(contentsOf: start)
    forEachPiece(of: parameters.values) { data.append(contentsOf: $0) }
    return data
  }

  /// Hands out the bytes of a file from the first to the last, without a copy of the numbers.
  ///
  /// - Precondition: no tensor is named `__metadata__`.
  package static func forEachPiece(
    of parameters: ParameterSet, metadata: [String: String] = [:],
    _ body: (UnsafeRawBufferPointer) throws -> Void
  ) rethrows {
    try start(parameters.layout, metadata: metadata).withUnsafeBytes(body)
    try forEachPiece(of: parameters.values, body)
  }

  /// SHA-256 of the file.
  package static func hash(of parameters: ParameterSet) -> ContentHash {
    var hasher = ContentHasher()
    forEachPiece(of: parameters) { hasher.update($0) }
    return hasher.finalize()
  }

  /// What comes before the numbers.
  private static func start(_ layout: ParameterLayout, metadata: [String: String]) -> [UInt8] {
    var header = header(layout, metadata: metadata)
    header += [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8)
    return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
  }

  /// Numbers as little-endian bytes, in pieces that stay in the cache while they are hashed and written.
  package static func forEachPiece(
    of numbers: [Float], _ body: (UnsafeRawBufferPointer) throws -> Void
  ) rethrows {
    let tile = 1 << 18
    #if _endian(little)
      try numbers.withUnsafeBytes { bytes in
        for start in stride(from: 0, to: bytes.count, by: tile) {
          try body(UnsafeRawBufferPointer(rebasing: bytes[start..<min(bytes.count, start + tile)]))
        }
      }
    #else
      for start in stride(from: 0, to: numbers.count, by: tile / 4) {
        let piece = numbers[start..<min(numbers.count, start + tile / 4)].map(\.bitPattern.littleEndian)
        try piece.withUnsafeBytes(body)
      }
    #endif
  }

  /// Reads a file; every length in it is checked before it is used.
  ///
  /// - Parameters:
  ///   - data: the bytes of the file.
  ///   - allowsNonFinite: whether infinite numbers and NaN are accepted.
  /// - Throws: ``SafetensorsError``.
  public static func decode(
    _ data: Data, allowsNonFinite: Bool = false
  ) throws(SafetensorsError) -> (parameters: ParameterSet, metadata: [String: String]) {
    let result = data.withUnsafeBytes { bytes in
      Result { () throws(SafetensorsError) in try decode(bytes, allowsNonFinite: allowsNonFinite) }
    }
    return try result.get()
  }

  private static func decode(
    _ bytes: UnsafeRawBufferPointer, allowsNonFinite: Bool
  ) throws(SafetensorsError) -> (parameters: ParameterSet, metadata: [String: String]) {
    guard bytes.count >= 8 else {
      throw SafetensorsError(
        .truncated, "\(bytes.count) bytes are no safetensors file; its header alone has 8")
    }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(longestHeader) else {
      throw SafetensorsError(
        .headerTooLong, "a header of \(length) bytes exceeds the limit of \(longestHeader)")
    }
    let start = 8 + Int(length)
    guard start <= bytes.count else {
      throw SafetensorsError(
        .truncated, "the file ends after \(bytes.count) bytes, but its header after \(start)")
    }
    let header = try SafetensorsHeader(UnsafeRawBufferPointer(rebasing: bytes[8..<start]))
    let layout = try layout(header.entries, available: bytes.count - start)
    let parameters = ParameterSet(
      layout: layout, values: values(UnsafeRawBufferPointer(rebasing: bytes[start...]), count: layout.count))
    if !allowsNonFinite, !parameters.isFinite,
      let index = parameters.values.firstIndex(where: { !$0.isFinite })
    {
      throw SafetensorsError(.notFinite, "\(layout.describe(element: index)) is not a finite number")
    }
    return (parameters, header.metadata)
  }

  private static func values(_ bytes: UnsafeRawBufferPointer, count: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { values, initialized in
      #if _endian(little)
        UnsafeMutableRawBufferPointer(values).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: bytes[..<(4 * count)]))
      #else
        for index in 0..<count {
          let bits = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
          values.initializeElement(at: index, to: Float(bitPattern: bits))
        }
      #endif
      initialized = count
    }
  }

  /// The layout of tensors that fill all bytes, one after the other.
  private static func layout(
    _ entries: [SafetensorsHeader.Entry], available: Int
  ) throws(SafetensorsError) -> ParameterLayout {
    var position = 0
    // The header may name tensors in any order; they lie in that of their offsets.
    let entries = entries.sorted { ($0.begin, $0.end) < ($1.begin, $1.end) }
    for entry in entries {
      guard entry.type == "F32" else {
        throw SafetensorsError(
          .unsupportedType,
          "tensor “\(entry.name.inMessages)” is of type \(entry.type.inMessages); only F32 is read: convert it first"
        )
      }
      let size = try size(of: entry)
      guard entry.end >= entry.begin, entry.end - entry.begin == size else {
        throw SafetensorsError(
          .sizeMismatch,
          "tensor “\(entry.name.inMessages)” has \(size) bytes by its shape, not those of \(entry.begin)..<\(entry.end)"
        )
      }
      guard entry.begin <= position else {
        throw SafetensorsError(
          .gap, "the \(entry.begin - position) bytes before tensor “\(entry.name.inMessages)” belong to none")
      }
      guard entry.begin == position else {
        throw SafetensorsError(
          .overlap, "tensor “\(entry.name.inMessages)” shares bytes with the one before it")
      }
      guard entry.end <= available else {
        throw SafetensorsError(
          .truncated,
          "the file ends within tensor “\(entry.name.inMessages)”: \(available) of \(entry.end) bytes are there"
        )
      }
      position = entry.end
    }
    guard position == available else {
      throw SafetensorsError(.trailingBytes, "\(available - position) bytes follow the last tensor")
    }
    return ParameterLayout(entries.map { ($0.name, $0.shape) })
  }

  private static func size(of entry: SafetensorsHeader.Entry) throws(SafetensorsError) -> Int {
    var size = 4
    for extent in entry.shape {
      guard extent > 0 else {
        throw SafetensorsError(
          .invalidShape, "tensor “\(entry.name.inMessages)” has no elements")
      }
      let (product, overflow) = size.multipliedReportingOverflow(by: extent)
      guard !overflow else {
        throw SafetensorsError(
          .invalidShape, "tensor “\(entry.name.inMessages)” has more elements than can be counted")
      }
      size = product
    }
    return size
  }
}

extension Safetensors {
  private static func header(_ layout: ParameterLayout, metadata: [String: String]) -> [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      // By bytes: the order of strings may change with the version of Unicode.
      let sorted = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      let texts = sorted.map { "\(quoted($0.key)):\(quoted($0.value))" }.joined(separator: ",")
      members.append("\"\(metadataKey)\":{\(texts)}")
    }
    for tensor in layout.tensors {
      precondition(tensor.name != metadataKey, "\(metadataKey) is no name of a tensor")
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      members.append(
        """
        \(quoted(tensor.name)):{"dtype":"F32","shape":[\(shape)],\
        "data_offsets":[\(4 * tensor.range.lowerBound),\(4 * tensor.range.upperBound)]}
        """)
    }
    return Array("{\(members.joined(separator: ","))}".utf8)
  }

  /// A JSON string; only what must be is escaped.
  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
