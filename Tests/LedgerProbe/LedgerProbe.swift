// Charges a ledger round after round, and releases each round into another file, until it is killed: for a test that
// kills it at any instant, and then looks at both files.
//
//   LedgerProbe charge|release-first LEDGER RELEASES
//   LedgerProbe small LEDGER BYTES       until a file may not be longer than that; then prints what was refused
//   LedgerProbe hold LEDGER              keeps the ledger open, prints a line, and waits

import AtollNumerics
import AtollPrivacy
import AtollStore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

let arguments = CommandLine.arguments
let mode = arguments[1]
let path = arguments[2]
let event = try PrivacyEvent(.poissonSampled(rate: 0.01, PrivacyEvent(.gaussian(noiseMultiplier: 1))))
let subject = try PrivacySubject.dataSet(.ofNothing, at: "st-olav", named: "admissions")
let book: LedgerBook
do {
  book = try LedgerBook(path, holder: "st-olav")
} catch {
  // Another process has it.
  exit(75)
}

func charge(_ round: Int) throws {
  try book.charge(
    event, for: .exchange(round, of: "study-1"), of: subject, unit: .record, relation: .addOrRemoveOne)
}

/// One system call: what it wrote stays when the process is killed.
func release(_ round: Int, to file: Int32) {
  let line = Array("\(round)\n".utf8)
  guard write(file, line, line.count) == line.count else { exit(1) }
}

switch mode {
case "small":
  // Writes beyond the limit end in an error, as on a full disk, and not in a signal.
  signal(SIGXFSZ, SIG_IGN)
  #if canImport(Glibc)
    let size = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
  #else
    let size = RLIMIT_FSIZE
  #endif
  var limit = rlimit()
  guard getrlimit(size, &limit) == 0, let bytes = rlim_t(arguments[3]) else { exit(1) }
  limit.rlim_cur = bytes
  guard setrlimit(size, &limit) == 0 else { exit(1) }
  var refusals = 0
  while refusals < 3 {
    do {
      try charge(book.head.sequence)
    } catch {
      refusals += 1
      print("\(book.head.sequence) \(book.ledger.entries.count) \(error)")
    }
  }
case "hold":
  print("open")
  fflush(nil)
  while true { pause() }
default:
  let file = open(arguments[3], O_WRONLY | O_CREAT | O_APPEND, 0o600)
  guard file >= 0 else { exit(1) }
  // The last one may have been charged and not released: it is charged again, which is the same charge.
  var round = max(0, book.head.sequence - 1)
  while true {
    if mode == "release-first" {
      release(round, to: file)
      // What a message takes.
      usleep(1000)
    }
    try charge(round)
    if mode == "charge" { release(round, to: file) }
    round += 1
  }
}
