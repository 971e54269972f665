/// Memory that one thread reuses from batch to batch and from participant to participant.
///
/// It grows to the largest request and then stays, so a training loop does not allocate. Contents are undefined after
/// every request.
public final class Workspace {
  private var floatBuffer = Buffer<Float>()
  private var byteBuffer = Buffer<UInt8>()

  /// Memory of no size yet.
  public init() {}

  /// Room for `count` numbers, valid until the next request.
  public func floats(_ count: Int) -> UnsafeMutablePointer<Float> { floatBuffer.reserve(count) }

  /// Room for `count` bytes, valid until the next request.
  public func bytes(_ count: Int) -> UnsafeMutablePointer<UInt8> { byteBuffer.reserve(count) }
}

/// Memory of its own that grows on demand.
package struct Buffer<Element: BitwiseCopyable>: ~Copyable {
  private var start = UnsafeMutablePointer<Element>.allocate(capacity: 0)
  private var capacity = 0

  package init() {}

  deinit { start.deallocate() }

  /// Room for `count` elements. What the buffer held is kept only if it need not grow.
  package mutating func reserve(_ count: Int) -> UnsafeMutablePointer<Element> {
    if count > capacity {
      start.deallocate()
      // The start of a cache line, which vectors of any width like best.
      start = UnsafeMutableRawPointer.allocate(byteCount: count * MemoryLayout<Element>.stride, alignment: 64)
        .bindMemory(to: Element.self, capacity: count)
      capacity = count
    }
    return start
  }
}
