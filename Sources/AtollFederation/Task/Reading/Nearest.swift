/// The word that was probably meant: at most a third of its letters differ, and never all of them.
///
/// Of equally near words the first one counts, so that a message never depends on anything but the words.
func nearest(to word: String, among words: some Sequence<String>) -> String? {
  guard word.unicodeScalars.count <= 64 else { return nil }
  let typed = Array(word.lowercased().unicodeScalars)
  var best: (word: String, distance: Int)?
  for candidate in words {
    let known = Array(candidate.unicodeScalars)
    let distance = editDistance(typed, known)
    let allowed = max(1, max(typed.count, known.count) / 3)
    guard distance < max(typed.count, known.count) else { continue }
    if distance <= allowed, distance < best?.distance ?? .max { best = (candidate, distance) }
  }
  return best?.word
}

/// Insertions, deletions, replacements and swaps of neighbours (Damerau 1964, restricted: no part is edited
/// twice).
func editDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
  var beforeLast: [Int] = []
  var last = Array(0...right.count)
  for row in left.indices {
    var current = [row + 1]
    current.reserveCapacity(right.count + 1)
    for column in right.indices {
      let cost = left[row] == right[column] ? 0 : 1
      var best = min(last[column + 1] + 1, current[column] + 1, last[column] + cost)
      if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
        best = min(best, beforeLast[column - 1] + 1)
      }
      current.append(best)
    }
    (beforeLast, last) = (last, current)
  }
  return last[right.count]
}
