#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Settings of the whole process for one that goes on for months with many connections. Only a command makes them: in an
/// app they are the app's.
enum ProcessSettings {
  /// - Parameter heaps: how many the allocator keeps, where it can be told: one for each thread that would otherwise
  ///   wait for another keeps what passed through it.
  static func prepareForLong(heaps: Int) {
    allowManyFiles()
    #if canImport(Glibc)
      keepLittleMemory(heaps: Int32(heaps))
    #endif
  }

  #if canImport(Glibc)
    /// Settings of the C library's allocator, by their numbers in its `malloc.h`, which Swift does not import.
    private static func keepLittleMemory(heaps: Int32) {
      guard let symbol = dlsym(nil, "mallopt") else { return }
      let set = unsafeBitCast(symbol, to: (@convention(c) (Int32, Int32) -> Int32).self)
      let (arenas, mapFrom, trimFrom) = (Int32(-8), Int32(-3), Int32(-1))
      _ = set(arenas, heaps)
      // From round to round the same lengths are taken: small models from memory that is at hand, without a page fault for
      // each page, and large ones from the system, to which they go back at once. Once set, the limits stay.
      _ = set(mapFrom, 8 << 20)
      _ = set(trimFrom, 8 << 20)
    }
  #endif

  /// A connection is an open file: as many as the system allows, instead of the usual thousand.
  private static func allowManyFiles() {
    var limit = rlimit()
    #if canImport(Darwin) || canImport(Musl)
      let files = RLIMIT_NOFILE
    #else
      let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #endif
    guard getrlimit(files, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
    limit.rlim_cur = limit.rlim_max
    // Where that is refused, the usual limit holds.
    _ = setrlimit(files, &limit)
  }
}
