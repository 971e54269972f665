/// Other software on the same work: how it is run, and what the record of 23 November 2026 says of it.
struct Peer: Sendable {
  let name: String
  /// The virtual environment in the folder that ATOLL_PEERS names.
  let environment: String
  /// The program, a path in that environment.
  var program = "bin/python"
  /// Its arguments; the first is a script in the folder of the peers' scripts, and `--data FOLDER` is added where it
  /// takes that.
  let arguments: [String]
  var takesData = true
  /// Where the figure is in the line that the script prints: a key, whose value has a median.
  let key: String
  /// Runs on one processor core.
  var isPinned = false
  /// Of the record; memory in MB, of the whole process tree where there are several processes.
  let recorded: Double
  let recordedPeakMB: Double
  /// Whether it is run beside ours; those that take minutes are only recorded.
  var isRun = true
}

extension Peer {
  /// The peers of a row.
  static func all(of workload: String, threads: Int, batch: Int?) -> [Peer] {
    switch (workload, threads) {
    case ("W7-w1", 1): training("w1", batch ?? 10, batch == 32 ? (789, 777) : (786, 768))
    case ("W7-w3", 1): training("w3", batch ?? 10, batch == 32 ? (656, 672) : (515, 462))
    case ("W1", 1):
      [simulation("w1", pfl: 722, 666), bareLoop("w1", 697, 405), fedJAX("w1", 423, 462, cores: "one core")]
    case ("W1", _):
      [
        pair("w1", 1086, 1211), fedJAX("w1", 540, 409), flower("w1", 844, 1729, "samples_per_s"),
      ]
    case ("W3", 1): [simulation("w3", pfl: 496, 679), bareLoop("w3", 492, 441)]
    case ("W3", _):
      [
        pair("w3", 956, 1166), fedJAX("w3", 426, 420), flower("w3", 504, 2205, "samples_per_s"),
      ]
    case ("W2", 1): [batchedNumPy, bareLoop("w2", 3149, 306, "clients_per_s")]
    case ("W2", _):
      [
        batchedNumPy, fedJAX("w2", 4555, 311, key: "clients_per_s"),
        pair("w2", 1430, 938, "clients_per_s", isRun: false), flower("w2", 34, 1335, "clients_per_s"),
      ]
    case ("W4", 1):
      [
        aggregation("torch add_, 1 thread", "torch", 11.6, 4118),
        aggregation("numpy, in blocks", "numpy-blocked", 7.8, 3888),
        Peer(
          name: "Flower aggregate_arrayrecords", environment: "flower",
          arguments: ["w4_aggregate.py", "--how", "flower"], takesData: false, key: "read_gb_per_s",
          recorded: 3.3, recordedPeakMB: 4048, isRun: false),
      ]
    default: []
    }
  }

  private static func training(
    _ workload: String, _ batch: Int, _ recorded: (standard: Double, channelsLast: Double)
  ) -> [Peer] {
    let arguments = [
      "w7_torch_raw.py", "--workload", workload, "--batch", "\(batch)", "--threads", "1", "--seconds", "2",
    ]
    return [
      Peer(
        name: "PyTorch", environment: "torch", arguments: arguments, key: "samples_per_s", isPinned: true,
        recorded: recorded.standard, recordedPeakMB: 400),
      Peer(
        name: "PyTorch, channels last", environment: "torch", arguments: arguments + ["--channels-last"],
        key: "samples_per_s", isPinned: true, recorded: recorded.channelsLast, recordedPeakMB: 400),
    ]
  }

  private static func simulation(_ workload: String, pfl recorded: Double, _ peak: Double) -> Peer {
    Peer(
      name: "pfl, 1 process", environment: "pfl",
      arguments: ["sim_pfl.py", "--workload", workload, "--threads", "1"], key: "samples_per_s",
      recorded: recorded, recordedPeakMB: peak)
  }

  private static func pair(
    _ workload: String, _ recorded: Double, _ peak: Double, _ key: String = "samples_per_s",
    isRun: Bool = true
  ) -> Peer {
    Peer(
      name: "pfl, 2 processes", environment: "pfl", program: "bin/torchrun",
      arguments: [
        "--standalone", "--nproc_per_node=2", "sim_pfl.py", "--workload", workload, "--threads", "1",
      ],
      key: key, recorded: recorded, recordedPeakMB: peak, isRun: isRun)
  }

  private static func bareLoop(
    _ workload: String, _ recorded: Double, _ peak: Double, _ key: String = "samples_per_s"
  ) -> Peer {
    Peer(
      name: "PyTorch loop", environment: "torch",
      arguments: ["sim_torch.py", "--workload", workload, "--threads", "1"], key: key, recorded: recorded,
      recordedPeakMB: peak)
  }

  private static func fedJAX(
    _ workload: String, _ recorded: Double, _ peak: Double, cores: String = "both cores",
    key: String = "samples_per_s"
  ) -> Peer {
    Peer(
      name: "FedJAX, \(cores)", environment: "fedjax", arguments: ["sim_fedjax.py", "--workload", workload],
      key: key, isPinned: cores == "one core", recorded: recorded, recordedPeakMB: peak)
  }

  private static func flower(_ workload: String, _ recorded: Double, _ peak: Double, _ key: String) -> Peer {
    Peer(
      name: "Flower, 2 Ray actors", environment: "flower",
      arguments: ["sim_flower.py", "--workload", workload, "--actors", "2"], key: key, recorded: recorded,
      recordedPeakMB: peak, isRun: false)
  }

  private static var batchedNumPy: Peer {
    Peer(
      name: "NumPy, cohort in one batch", environment: "torch", arguments: ["w2_vectorised.py"],
      key: "clients_per_s", recorded: 290_000, recordedPeakMB: 125)
  }

  private static func aggregation(
    _ name: String, _ how: String, _ recorded: Double, _ peak: Double
  ) -> Peer {
    Peer(
      name: name, environment: "torch", arguments: ["w4_aggregate.py", "--how", how], takesData: false,
      key: "read_gb_per_s", recorded: recorded, recordedPeakMB: peak)
  }
}
