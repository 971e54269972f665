import Yams
import AtollNumerics
public func y() -> Int { (try? Yams.compose(yaml: "a: 1"))??.mapping?.count ?? 0 }
