// What the system's mathematical library gives for a million arguments, as one number for each function. Its last bits
// depend on the instructions that the library finds; tests look at that from outside.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

func hash(_ function: (Double) -> Double) -> UInt64 {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  var argument = 1e-3
  for _ in 0..<1_000_000 {
    argument *= 1.00001
    // FNV-1a, eight bytes at a time.
    hash = (hash ^ function(argument).bitPattern) &* 0x100_0000_01B3
  }
  return hash
}

print("exp \(hash(exp)) sin \(hash(sin)) log \(hash(log)) pow \(hash { pow($0, 1.7) })")
