import Crypto
import CAtollKernels
public func h() -> Int { SHA256.byteCount }
