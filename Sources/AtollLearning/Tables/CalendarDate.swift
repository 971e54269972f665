/// Dates in tables, as days since 1970-01-01 in the proleptic Gregorian calendar.
///
/// Read are `2025-12-31`, `2025/12/31` and `31.12.2025`, with or without a time after `T` or a blank
/// (`12:30`, `12:30:59`, fractions, `Z`, `+02:00`). `12/31/2025` is not: nobody can tell it from `31/12/2025`
/// on the twelfth of a month. Days ↔ date after H. Hinnant, "chrono-compatible low-level date algorithms",
/// 2013, `days_from_civil` and `civil_from_days`.
package enum CalendarDate {
  /// Days since 1970-01-01, the time of day as a fraction (UTC where an offset is given); nil when the bytes
  /// are no date.
  @inline(__always)
  static func days(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
    bytes.count == 10 ? usualDays(bytes) ?? anyDays(bytes) : anyDays(bytes)
  }

  /// Of `2025-12-31` or `2025/12/31`, which are nearly all dates: arithmetic on the eight digits at once. Nil for whatever
  /// else ten bytes may be.
  ///
  /// - Precondition: there are ten bytes.
  @inline(__always)
  private static func usualDays(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
    let raw = UnsafeRawBufferPointer(bytes)
    let head = UInt64(littleEndian: raw.loadUnaligned(as: UInt64.self))
    let tail = UInt64(UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt16.self)))
    let mark = UInt8(truncatingIfNeeded: head &>> 32)
    guard mark == UInt8(ascii: "-") || mark == UInt8(ascii: "/"), head &>> 56 == UInt64(mark) else {
      return nil
    }
    // The marks taken out.
    let digits = head & 0xFFFF_FFFF | (head &>> 8) & 0x0000_FFFF_0000_0000 | tail &<< 48
    guard DecimalNumber.isEightDigits(digits) else { return nil }
    let number = DecimalNumber.eightDigits(digits)
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100)
    guard 1...12 ~= month, day >= 1, day <= length(ofMonth: Int(month), year: Int(year)) else { return nil }
    return Double(days(year: Int(year), month: Int(month), day: Int(day)))
  }

  /// Of any date: the road that is always right.
  @inline(never)
  static func anyDays(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
    var reader = Reader(rest: bytes[...])
    guard 8...40 ~= bytes.count else { return nil }
    let (year, month, day): (Int, Int, Int)
    if let first = reader.number(digits: 4...4), let mark = reader.take("-/"),
      let second = reader.number(digits: 1...2), reader.take(mark) != nil,
      let third = reader.number(digits: 1...2)
    {
      (year, month, day) = (first, second, third)
    } else {
      reader = Reader(rest: bytes[...])
      guard let dotted = reader.number(digits: 1...2), reader.take(".") != nil,
        let second = reader.number(digits: 1...2), reader.take(".") != nil,
        let third = reader.number(digits: 4...4)
      else { return nil }
      (year, month, day) = (third, second, dotted)
    }
    guard 1...12 ~= month, 1...length(ofMonth: month, year: year) ~= day else { return nil }
    let midnight = Double(days(year: year, month: month, day: day))
    if reader.rest.isEmpty { return midnight }
    guard reader.take("Tt ") != nil, let seconds = reader.secondsOfDay() else { return nil }
    return midnight + seconds / 86_400
  }

  static func days(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// `2025-12-31`.
  package static func text(days: Double) -> String {
    let shifted = Int(days.rounded(.down)) + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let digits = String(year)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
      + (month < 10 ? "-0" : "-") + String(month) + (day < 10 ? "-0" : "-") + String(day)
  }

  private static func length(ofMonth month: Int, year: Int) -> Int {
    let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    // Odd months up to July and even ones from August on are long.
    return month == 2 ? (isLeap ? 29 : 28) : 30 + (month ^ month >> 3) & 1
  }

  private struct Reader {
    var rest: Slice<UnsafeBufferPointer<UInt8>>

    mutating func number(digits allowed: ClosedRange<Int>) -> Int? {
      let digits = rest.prefix(allowed.upperBound).prefix { 48...57 ~= $0 }
      guard digits.count >= allowed.lowerBound else { return nil }
      rest = rest.dropFirst(digits.count)
      return digits.reduce(0) { $0 * 10 + Int($1) - 48 }
    }

    mutating func take(_ oneOf: String) -> String? {
      guard let byte = rest.first, oneOf.utf8.contains(byte) else { return nil }
      rest = rest.dropFirst()
      return String(UnicodeScalar(byte))
    }

    mutating func secondsOfDay() -> Double? {
      guard let hour = number(digits: 1...2), hour < 24, take(":") != nil,
        let minute = number(digits: 2...2), minute < 60
      else { return nil }
      var seconds = Double(hour * 3_600 + minute * 60)
      if take(":") != nil {
        guard let second = number(digits: 2...2), second <= 60 else { return nil }
        seconds += Double(second)
        if take(".") != nil {
          let fraction = rest.prefix { 48...57 ~= $0 }
          guard 1...9 ~= fraction.count else { return nil }
          rest = rest.dropFirst(fraction.count)
          let scale = fraction.reduce(1.0) { scale, _ in scale * 10 }
          seconds += fraction.reduce(0) { $0 * 10 + Double($1 - 48) } / scale
        }
      }
      if take("Zz") == nil, let sign = take("+-") {
        guard let hours = number(digits: 2...2), hours < 24 else { return nil }
        _ = take(":")
        let minutes = number(digits: 2...2) ?? 0
        let offset = Double(hours * 3_600 + minutes * 60)
        seconds -= sign == "+" ? offset : -offset
      }
      return rest.isEmpty ? seconds : nil
    }
  }
}
