import CAtollKernels

/// Geometry of a two-dimensional convolution: square stride, symmetric zero padding.
///
/// Images are height × width × channels.
public struct ConvolutionShape: Sendable, Hashable, CustomStringConvertible {
  /// What goes in.
  public let inHeight, inWidth, inChannels: Int
  /// The kernel, its steps, and the zeros around the image.
  public let kernelHeight, kernelWidth, stride, padding: Int
  /// What comes out.
  public let outHeight, outWidth, outChannels: Int

  /// The shape of the output follows: `(in + 2 · padding − kernel) / stride + 1`, rounded down, in both
  /// directions.
  public init(
    inHeight: Int, inWidth: Int, inChannels: Int, kernelHeight: Int, kernelWidth: Int, stride: Int = 1,
    padding: Int = 0, outChannels: Int
  ) {
    precondition(
      min(inHeight, inWidth, inChannels, outChannels) > 0, "an image has at least one pixel and channel")
    precondition(min(kernelHeight, kernelWidth, stride) > 0 && padding >= 0, "kernel and stride are positive")
    precondition(
      kernelHeight <= inHeight + 2 * padding && kernelWidth <= inWidth + 2 * padding,
      "the kernel fits the image")
    self.inHeight = inHeight
    self.inWidth = inWidth
    self.inChannels = inChannels
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.stride = stride
    self.padding = padding
    self.outHeight = (inHeight + 2 * padding - kernelHeight) / stride + 1
    self.outWidth = (inWidth + 2 * padding - kernelWidth) / stride + 1
    self.outChannels = outChannels
  }

  /// Elements of one sample's input.
  public var inCount: Int { inHeight * inWidth * inChannels }
  /// Elements of one sample's output.
  public var outCount: Int { outHeight * outWidth * outChannels }
  /// Elements of the weights, [kernel height][kernel width][input channels][output channels].
  public var weightCount: Int { kernelHeight * kernelWidth * inChannels * outChannels }

  public var description: String {
    "\(inHeight)×\(inWidth)×\(inChannels), kernel \(kernelHeight)×\(kernelWidth), stride \(stride), "
      + "padding \(padding) → \(outHeight)×\(outWidth)×\(outChannels)"
  }

  var c: atoll_conv {
    atoll_conv(
      in_height: Int32(inHeight), in_width: Int32(inWidth), in_channels: Int32(inChannels),
      kernel_height: Int32(kernelHeight), kernel_width: Int32(kernelWidth), stride: Int32(stride),
      padding: Int32(padding), out_height: Int32(outHeight), out_width: Int32(outWidth),
      out_channels: Int32(outChannels))
  }
}

/// Geometry of max-pooling with a square window; rows and columns that do not fill a window are dropped.
public struct PoolingShape: Sendable, Hashable, CustomStringConvertible {
  /// What goes in.
  public let inHeight, inWidth, channels: Int
  /// The window, and its steps.
  public let window, stride: Int
  /// What comes out.
  public let outHeight, outWidth: Int

  /// The window is at most 16 wide, so that a position in it fits one byte.
  public init(inHeight: Int, inWidth: Int, channels: Int, window: Int, stride: Int) {
    precondition((1...16).contains(window) && stride > 0 && channels > 0, "a window is 1 to 16 wide")
    precondition(window <= min(inHeight, inWidth), "the window fits the image")
    self.inHeight = inHeight
    self.inWidth = inWidth
    self.channels = channels
    self.window = window
    self.stride = stride
    self.outHeight = (inHeight - window) / stride + 1
    self.outWidth = (inWidth - window) / stride + 1
  }

  /// Elements of one sample's input.
  public var inCount: Int { inHeight * inWidth * channels }
  /// Elements of one sample's output.
  public var outCount: Int { outHeight * outWidth * channels }

  public var description: String {
    "\(inHeight)×\(inWidth)×\(channels), window \(window), stride \(stride) → \(outHeight)×\(outWidth)"
  }

  var c: atoll_pool {
    atoll_pool(
      in_height: Int32(inHeight), in_width: Int32(inWidth), channels: Int32(channels), window: Int32(window),
      stride: Int32(stride), out_height: Int32(outHeight), out_width: Int32(outWidth))
  }
}
