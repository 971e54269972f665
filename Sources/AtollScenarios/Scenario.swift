import AtollFederation
public import AtollStore

/// Data that ship with Atoll: participants to try a task on.
///
/// ```swift
/// let study = try Study(task, participants: Scenario.breastTumours.participants)
/// ```
public struct Scenario: Sendable {
  /// What it is called.
  public let name: String
  /// What the data are and where they come from, a sentence each.
  public let summary: String
  /// The column to be predicted.
  public let label: String
  /// Who takes part, and their rows.
  public let participants: Participants

  /// Malignant (1) and benign (0) breast tumours at four unlike hospitals: see ``BreastTumours``.
  public static var breastTumours: Scenario {
    Scenario(
      name: "breast-tumours",
      summary: """
        569 patients, 30 measurements of cell nuclei each (Wolberg, Mangasarian, Street & Street 1993, UCI, CC BY 4.0). \
        Which patient went to which of the four hospitals is made up.
        """,
      label: "malignant",
      participants: Participants(
        csvTexts: Dictionary(
          uniqueKeysWithValues: BreastTumours.sites().compactMap { site in
            ParticipantID(site.name).map { ($0, site.csv) }
          })))
  }
}
