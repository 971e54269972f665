import Atoll
import AtollTesting
import Extras
import Testing

struct HistogramTests {
  @Test func `counts of all participants, after kills and on any threads`() throws {
    let population = MemoryPopulation([
      "north": try Table(["age": .number([20, 35, 40, .nan])]),
      "south": try Table(["age": .number([39.5, 80, 12])]),
    ])
    let conformance = ProgramConformance(
      population: population, workers: WorkerRegistry(CountInBinsWorker()))
    let (counts, exchanges, kills) = try conformance.check(Histogram(of: "age", edges: [18, 40, 60]))
    #expect(counts == [3, 1])
    #expect(exchanges == 1 && kills == 2)
  }

  @Test(arguments: [[], [18], [18, 18], [40, 18]] as [[Double]])
  func `a question without bins is refused`(edges: [Double]) {
    #expect(throws: RunFailure.self) { try CountInBins(column: "age", edges: edges).check() }
  }
}
