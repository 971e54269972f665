import AtollNumerics
import CAtollData

/// Malignant and benign breast tumours at four unlike hospitals: the demo, and the sample data of a new study.
///
/// The rows are those of the Wisconsin Diagnostic Breast Cancer data (UCI, CC BY 4.0), 569 patients; who went to which
/// hospital is made up: sizes and shares of malignant tumours differ widely.
public enum BreastTumours {
  /// A hospital and how many of its patients have which diagnosis.
  public struct Hospital: Sendable {
    /// What it is called.
    public let name: String
    /// Patients with a malignant tumour.
    public let malignant: Int
    /// Patients with a benign one.
    public let benign: Int
    /// All its patients.
    public var patients: Int { malignant + benign }
  }

  /// The four hospitals, by name.
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
}
