import FoundationEssentials
#if canImport(Glibc)
import Glibc
#endif
// Placeholder until the kernels land.
struct Kernels {
  static let active = Kernels()
  func accumulateFixed(_ x: UnsafeBufferPointer<Float>, scale: Double, bound: Float, into acc: UnsafeMutableBufferPointer<Int64>) -> Int {
    for i in x.indices { if !(x[i].magnitude <= bound) { return i }; acc[i] &+= Int64((Double(x[i]) * scale).rounded(.toNearestOrEven)) }
    return x.count
  }
  func accumulateRing(_ x: UnsafeBufferPointer<Int64>, into acc: UnsafeMutableBufferPointer<Int64>) { for i in x.indices { acc[i] &+= x[i] } }
}
enum Elementary { static func log(_ x: Double) -> Double { Glibc.log(x) }; static func exp(_ x: Double) -> Double { Glibc.exp(x) } }
