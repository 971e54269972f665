import AtollNumerics

/// Whether the environment asks for kernels that this machine has.
enum KernelChoice {
  static var error: String? { Kernels.requestError }
}
