import AtollReport
import AtollStore

extension VerifyCommand {
  /// Checks the runs of a series, one after the other.
  ///
  /// - Throws: ``Failure`` where one is not what it says, when all have been looked at; or is not there yet.
  func verify(_ series: SeriesRecord, on console: Console) throws {
    var failures: [Failure] = []
    for seed in series.seeds {
      var single = self
      single.run = SeriesRecord.folder(of: seed, in: run)
      console.print("\("seed \(seed)", .strong)")
      do {
        try single.run(on: console)
      } catch let error as StoreError where [.unfinished, .notFound].contains(error.code) {
        throw Failure(
          .badInput, "\(run): this series is not finished: seed \(seed) is missing",
          try: ["atoll run --resume \(Shell.quoted(run))"], details: ["file": .string(single.run)])
      } catch let failure as Failure where failure.status == .runFailed {
        failures.append(failure)
      }
    }
    guard var failure = failures.first else { return }
    for other in failures.dropFirst() { failure.faults += other.faults }
    throw failure
  }
}
