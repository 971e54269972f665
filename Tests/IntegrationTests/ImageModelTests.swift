import Foundation
import Testing

/// A saved model of images on IDX files.
@Suite struct `A model of images` {
  @Test func `predicts and evaluates IDX files as they are, and compressed`() throws {
    let folder = try Study.cnn.folder()
    let trained = try atoll("run", "task.yaml", "--json", "--out", "result", in: folder)
    try #require(trained.status == 0, "\(trained.errors)")
    try #require(try shell("gzip -k images.idx labels.idx", in: folder).status == 0)

    let plain = try atoll("predict", "result", "images.idx", in: folder)
    #expect(plain.status == 0, "\(plain.errors)")
    let rows = plain.output.split(separator: "\n")
    #expect(rows.first == "row,predicted,probability_0,probability_1,probability_2")
    #expect(rows.count == 401)
    #expect(try atoll("predict", "result", "images.idx.gz", in: folder).output == plain.output)

    for suffix in ["", ".gz"] {
      let evaluated = try atoll(
        "evaluate", "result", "images.idx" + suffix, "--labels", "labels.idx" + suffix, "--json", in: folder)
      #expect(evaluated.status == 0, "\(evaluated.errors)")
      #expect(try evaluated.events().map { $0["event"] as? String } == ["evaluated"])
    }
  }
}
