import AtollNumerics
import CAtollData

/// Malignant and benign breast tumours at four unlike hospitals: the demo, and the sample data of a new study.
///
/// The rows are those of the Wisconsin Diagnostic Breast Cancer data (UCI, CC BY 4.0), 569 patients; who went to which
/// hospital is made up: sizes and shares of malignant tumours differ widely.
public enum BreastTumours {
  /// A hospital and how many of its patients have which diagnosis.
  public struct Hospital: Sendable {
    public let name: String
    public let malignant: Int
    public let benign: Int
    public var patients: Int { malignant + benign }
  }

  public static let hospitals = [
    Hospital(name: "ashford", malignant: 83, benign: 182),
    Hospital(name: "birk", malignant: 66, benign: 82),
    Hospital(name: "corvo", malignant: 27, benign: 70),
    Hospital(name: "dalen", malignant: 36, benign: 23),
  ]

  /// The whole table as CSV, with a header line.
  public static var csv: String {
    let bytes = UnsafeBufferPointer(start: atoll_breast_tumours_start(), count: atoll_breast_tumours_count)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Each hospital's patients as CSV, with a header line.
  public static func sites() -> [(name: String, csv: String)] {
    let lines = csv.split(separator: "\n")
    let header = lines[0]
    var malignant = lines.dropFirst().filter { $0.hasSuffix(",1") }
    var benign = lines.dropFirst().filter { $0.hasSuffix(",0") }
    var coins = RandomStream(seed: 1993, purpose: .partition)
    coins.shuffle(&malignant)
    coins.shuffle(&benign)
    return hospitals.map { hospital in
      var patients = Array(malignant.prefix(hospital.malignant) + benign.prefix(hospital.benign))
      malignant.removeFirst(hospital.malignant)
      benign.removeFirst(hospital.benign)
      coins.shuffle(&patients)
      return (hospital.name, ([header] + patients).joined(separator: "\n") + "\n")
    }
  }

  /// The task, for sites in the folder `sites`.
  public static let task = """
    # Tell malignant breast tumours from benign ones, at four hospitals.
    # Every key and its default: atoll task schema
    task: classification
    name: breast-tumours
    data:
      participants:
        ashford: sites/ashford.csv
        birk: sites/birk.csv
        corvo: sites/corvo.csv
        dalen: sites/dalen.csv
      label: malignant
      preprocess: {missing: mean, scale: standard}   # fitted together, from sums
      test: 0.4                                      # held out at each hospital
    model: logistic
    training:
      optimizer: sgd
      learning-rate: 0.1
      batch-size: 16
      local-epochs: 1
      regularization: {l2: 0.01}
    federation:
      strategy: fedavg
      rounds: 20
      seed: 7
    evaluation:
      metrics: [accuracy, auc, loss]
      baselines: [local, pooled]

    """
}
