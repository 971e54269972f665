package import AtollFederation
import AtollLearning
import AtollNumerics

extension LocalData {
  /// Which data set it is; where nobody said so, by what is in memory.
  package var dataSet: Identity {
    if let identity { return identity }
    switch contents {
    case .table(let local): return Identity(name: "rows", hash: local.table.contentHash)
    case .examples(let training, let heldOut):
      let hashes = training.contentHash.hexadecimal + heldOut.contentHash.hexadecimal
      return Identity(name: "examples", hash: ContentHash(of: Array(hashes.utf8)))
    }
  }
}

extension DataSource {
  /// What people call it: the last part of its path.
  var name: String {
    let path =
      switch origin {
      case .csv(let path), .sqlite(let path, _), .images(let path, _): path
      case .postgreSQL: "postgresql"
      }
    return path.split(separator: "/").last.map(String.init) ?? path
  }
}
