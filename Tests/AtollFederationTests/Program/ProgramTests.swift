import AtollFederation
import AtollSimulation
import AtollTesting
import FoundationEssentials
import Testing

@Suite struct ProgramTests {
  let clusters = MemoryPopulation([
    "a": Line.data([0.1, 0.3, 5.1, 9.7]), "b": Line.data([0.2, 4.8, 5.4, 10.2, 9.9]),
    "c": Line.data([0, 0.4, 5]), "d": Line.data([10, 10.1, 5.2, 0.3]),
  ])

  @Test func `k-means asks as often as the data want, and survives every kill`() throws {
    var workers = WorkerRegistry()
    workers.register(Assigner())
    let conformance = ProgramConformance(population: clusters, workers: workers)
    let (centres, exchanges, kills) = try conformance.check(KMeans(centres: [0, 3, 6]))
    #expect(exchanges > 2)
    #expect(kills == 2 * exchanges)
    let expected = [1.3 / 6, 25.5 / 5, 49.9 / 5]
    #expect(zip(centres, expected).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test func `two parties fit a line through messages that the server only passes on`() throws {
    let population = MemoryPopulation([
      "features": Line.data([1, -1, 2, 0.5]),
      // u, then y = 2·u + 3·v
      "labels": Line.data([0.5, 1, -1, 2, 4, -1, 4, 5.5]),
    ])
    var workers = WorkerRegistry()
    workers.register(Party())
    let conformance = ProgramConformance(population: population, workers: workers, threads: [1, 2])
    let (messages, exchanges, kills) = try conformance.check(TwoParties(steps: 60))
    #expect(exchanges == 60)
    #expect(kills == 120)
    let residuals = try JSONDecoder().decode([Double].self, from: #require(messages.first).sealed)
    #expect(residuals.allSatisfy { abs($0) < 1e-2 })
  }

  @Test func `asynchronous work goes over kills with the same answers in the same exchanges`() throws {
    var workers = WorkerRegistry()
    workers.register(Puller())
    let conformance = ProgramConformance(
      population: clusters, workers: workers,
      network: UnevenNetwork(fastest: .seconds(1), slowest: .seconds(9)))
    let (position, exchanges, kills) = try conformance.check(Chase(exchanges: 12))
    #expect(exchanges == 12)
    #expect(kills == 24)
    #expect(position > 3 && position < 7)
  }
}
