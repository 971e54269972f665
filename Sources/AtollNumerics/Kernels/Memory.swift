import CAtollKernels

/// Asks for memory that will be read soon, without waiting for it. Nothing is read, so any address will do.
package func fetchAhead(_ start: UnsafeRawPointer, byteCount: Int) { atoll_fetch_ahead(start, byteCount) }
