import AtollNumerics
import AtollReport
import AtollStore
import AtollWire
import FoundationEssentials

/// A file of two lines: a statement, and the signature over the bytes of the first line without its end.
enum SignedLines {
  private struct Signature: Decodable {
    let signature: Data
    let certificate: Data
  }

  private struct Statement: Decodable {
    let run: String
    let participant: String?
    let made: String?
  }

  /// Checks a file and tells who signed it.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - identity: the folder of an identity of the federation; nil where the certificate is taken at its word.
  /// - Throws: ``Failure`` where it does not hold.
  static func check(_ path: String, identity: String?, on console: Console) throws {
    let bytes = try readBytes(path, limit: 256 << 20)
    let lines = bytes.split(separator: UInt8(ascii: "\n"))
    guard lines.count == 2, let statement = try? JSONDecoder().decode(Statement.self, from: Data(lines[0])),
      let signature = try? JSONDecoder().decode(Signature.self, from: Data(lines[1]))
    else {
      throw Failure(
        .badInput, "\(path): not a signed statement: a line with the statement and a line with its signature",
        details: ["file": .string(path)])
    }
    let authority = try identity.map { try Identity(contentsOf: $0).authorityDER }
    let signer: (name: String, key: ContentHash)
    do throws(WireError) {
      signer = try SignedStatement(signature: signature.signature, certificate: signature.certificate)
        .signer(of: Data(lines[0]), authority: authority)
    } catch {
      throw Failure(.runFailed, "\(path): \(error.message)", details: ["file": .string(path)])
    }
    guard signer.name == statement.participant else {
      throw Failure(
        .runFailed,
        "\(path): the statement is of “\(statement.participant ?? "")”, and “\(signer.name)” signed it",
        details: ["file": .string(path)])
    }
    console.emit(
      "verified",
      [
        "file": .string(path), "run": .string(statement.run), "signer": .string(signer.name),
        "key_sha256": .string(signer.key.hexadecimal), "of_the_federation": .bool(authority != nil),
      ])
    console.print("\(path, .strong): unchanged since \(signer.name) signed it.")
    console.print([
      ("run", "\(statement.run)"), ("made", "\(statement.made ?? "")"), ("key", "\(signer.key)"),
    ])
    if authority == nil {
      console.warn(
        "that the key is \(signer.name)'s is only what the certificate in the file says; --identity checks that it is of your federation"
      )
    }
  }
}
