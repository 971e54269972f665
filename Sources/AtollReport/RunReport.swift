public import AtollFederation
import AtollNumerics

/// The report of a run: one page that opens offline, a pure function of the run's record.
///
/// It shows what came of the run, loss and metrics by round, each participant alone, federated and pooled, which
/// mistakes the model makes, the bytes that moved, what left each participant and what is not protected, and what to
/// type next. Nothing is computed from data: the page holds what `task.yaml`, `manifest.json` and `events.jsonl` hold,
/// and what follows from them (``/AtollFederation/RunRecord``).
///
/// Charts are drawn here, as SVG that stretches with the page; the page's small script only reads their points out. A
/// name from outside is escaped wherever it goes, and the page's content security policy runs no script but that one.
public struct RunReport: Sendable {
  private let record: RunRecord

  public init(of record: RunRecord) { self.record = record }

  /// The page, UTF-8.
  public var html: String {
    let verdict = VerdictSection(record: record)
    var sections: [Section?] = [LearningSection(record: record).section]
    if let end = record.finished {
      sections.append(SitesSection(record: record, end: end).section)
      sections.append(PredictionsSection(record: record, end: end).section)
    }
    sections.append(TrafficSection(record: record).section)
    sections.append(PrivacySection(record: record).section)
    if let end = record.finished { sections.append(NextSection(record: record, end: end).section) }
    sections.append(RecordSection(record: record).section)
    return Page(
      title: verdict.title, origin: origin,
      main: verdict.html + HTML(sections.compactMap { $0?.html }), footer: footer
    ).html.markup
  }

  private var origin: String {
    let time: String? =
      switch record.ending {
      case .finished(let end): English.time(end.time)
      case .failed(let end): English.time(end.time)
      case .none: nil
      }
    return [time, "simulated on one machine"].compactMap(\.self).joined(separator: " · ")
  }

  private var footer: String {
    let model = record.finished.map { " · model sha256:\($0.hash.hexadecimal)" } ?? ""
    return "Atoll \(record.header.atoll) · one file, opens offline, loads nothing\(model)"
  }
}
