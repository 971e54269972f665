/// What a model may ask for, so that nothing is allocated on a stranger's word: task files, and whatever else describes
/// models, are held to these numbers and to no others.
public enum ModelLimits {
  /// Most layers.
  public static let layers = 256
  /// Numbers in one example, at any depth: the kernels index them with 32 bits.
  public static let activations = 1 << 30
  /// Most parameters.
  public static let parameters = 1 << 31
  /// Kernels and strides.
  public static let extent = 1 << 15
  /// Windows of pooling: a position in one is kept in one byte.
  public static let window = 16
  /// Units of a fully connected layer, and channels of a convolution.
  public static let width = 1 << 20
  /// Most classes.
  public static let classes = 1 << 20
}
