import AtollFederation
import AtollNumerics
import AtollStore
import AtollWire
import FoundationEssentials

/// Answers, and what may be wrong with them: every refusal has a name, is told and is counted.
extension RunEngine {
  /// Whether an answer of an earlier exchange is in its sum.
  mutating func settle(_ participant: ParticipantID, _ pending: Hello.Pending) throws -> [Effect] {
    guard pending.exchange.exchange < current else {
      // Of the exchange that is open now: it is offered when the question arrives.
      return []
    }
    return [try settled(participant, pending.exchange, pending.answer)]
  }

  private func settled(
    _ participant: ParticipantID, _ exchange: ExchangeID, _ answer: ContentHash
  ) throws -> Effect {
    let committed = try contribution(of: participant, to: exchange)
    return .say(
      participant,
      .settled(Settled(exchange: exchange, answer: answer, isCommitted: committed == answer)))
  }

  mutating func take(_ offer: Offer, of participant: ParticipantID, at now: Instant) throws -> [Effect] {
    switch judge(offer, of: participant) {
    case .wanted:
      guard let content = offer.content else { return [.receive(participant, offer)] }
      return try receive(offer, of: participant, at: now) { content }
    case .ignored: return []
    case .past:
      let settled = try settled(participant, offer.exchange, offer.answer)
      // One that came too late for its exchange is refused, too, so that it is counted.
      if case .say(_, .settled(let outcome)) = settled, outcome.isCommitted { return [settled] }
      return refusal(participant, offer.exchange, .late, "the exchange is over") + [settled]
    case .refused(let code, let reason): return refusal(participant, offer.exchange, code, reason)
    }
  }

  private enum Judgement {
    case wanted
    /// Known already, or nothing to say about it now.
    case ignored
    case past
    case refused(RefusalCode, String)
  }

  private func judge(_ offer: Offer, of participant: ParticipantID) -> Judgement {
    let number = offer.exchange.exchange
    if number < current { return .past }
    let open: OpenExchange
    switch phase {
    case .collecting(let exchange), .closing(let exchange, _, _): open = exchange
    case .gathering, .over:
      // Nobody is asked now; the participant offers again when it is.
      return number == current
        ? .ignored : .refused(.replayed, "the server has not asked that yet")
    }
    guard number == open.number else { return .refused(.replayed, "the server has not asked that yet") }
    guard offer.question == open.hash else {
      return .refused(.replayed, "the answer is to another question than the one that is asked")
    }
    if let known = open.answers[participant] {
      return known == offer.answer
        ? .ignored : .refused(.duplicate, "another answer to the same question is in the sum already")
    }
    guard open.awaits(participant) else {
      let isKnown = open.machine.cohort.contains(participant)
      return .refused(
        .notInvited, isKnown ? "the participant has declined" : "the participant was not asked")
    }
    let limit = EncodedAnswer.limit(of: open.reply)
    guard offer.size <= limit else {
      return .refused(
        .tooLarge, "the answer has \(offer.size) bytes, at most \(limit) are allowed")
    }
    return .wanted
  }

  mutating func receive(
    _ offer: Offer, of participant: ParticipantID, at now: Instant,
    _ read: () throws -> any AnswerBytes
  ) throws -> [Effect] {
    switch judge(offer, of: participant) {
    case .wanted: break
    case .ignored: return []
    case .past, .refused: return try take(offer, of: participant, at: now)
    }
    let taking = try withOpen { open in try Self.take(offer, of: participant, at: now, into: &open, read) }
    switch taking {
    case nil: return []
    case .unreadable(let question): return [.say(participant, .question(question))]
    case .otherBytes(let question):
      return refusal(
        participant, offer.exchange, .malformed, "the answer has not the SHA-256 that was offered")
        + [.say(participant, .question(question))]
    case .refused(let failure, let effects):
      // It would not be better the next time.
      let code: RefusalCode = failure.code == .shape ? .malformed : .outOfRange
      return refusal(participant, offer.exchange, code, failure.message)
        + [
          .say(
            participant,
            .settled(Settled(exchange: offer.exchange, answer: offer.answer, isCommitted: false)))
        ] + (try carryOut(effects, at: now))
    case .taken(let effects): return [.told] + (try carryOut(effects, at: now))
    }
  }

  private enum Taking {
    /// What was received is gone, or cannot be read: it is asked for again.
    case unreadable(QuestionMessage)
    case otherBytes(QuestionMessage)
    case refused(RunFailure, [RoundMachine.Effect])
    case taken([RoundMachine.Effect])
  }

  private static func take(
    _ offer: Offer, of participant: ParticipantID, at now: Instant, into open: inout OpenExchange,
    _ read: () throws -> any AnswerBytes
  ) throws -> Taking {
    let answer: IncomingAnswer
    do {
      let bytes = try read()
      guard try bytes.count == offer.size && bytes.contentHash == offer.answer else {
        return .otherBytes(open.question(at: now))
      }
      answer = try open.read(bytes)
    } catch let failure as RunFailure {
      open.note(failure.message, of: participant)
      return .refused(failure, open.machine.handle(.declined(participant), at: now))
    } catch {
      return .unreadable(open.question(at: now))
    }
    let effects = open.machine.handle(.answered(participant, exchange: open.number), at: now)
    if effects.contains(.accept(participant, exchange: open.number)) {
      try open.add(answer, hash: offer.answer, size: offer.size, of: participant)
    }
    return .taken(effects)
  }

  mutating func decline(
    _ declined: Declined, _ participant: ParticipantID, at now: Instant
  ) throws -> [Effect] {
    let told = declined.withdraws ? try noteWithdrawal(of: participant) : []
    guard case .collecting(let open) = phase, declined.exchange.exchange == open.number,
      open.awaits(participant)
    else { return told }
    let effects = withOpen { open in
      open.note(
        declined.isByPolicy ? "refused by policy: \(declined.reason)" : declined.reason, of: participant)
      return open.machine.handle(.declined(participant), at: now)
    }
    return [.told] + (try carryOut(effects ?? [], at: now))
  }

  private func refusal(
    _ participant: ParticipantID, _ exchange: ExchangeID, _ code: RefusalCode, _ reason: String
  ) -> [Effect] {
    [
      .count(participant, code),
      .say(participant, .refused(Refused(exchange: exchange, code: code, reason: reason))),
    ]
  }

  /// The run is over: all that can be said is what became of answers.
  func late(_ event: Event) -> [Effect] {
    func outcome(_ participant: ParticipantID, _ exchange: ExchangeID, _ answer: ContentHash) -> [Effect] {
      // Where the store cannot be read now, the participant asks again.
      guard let settled = try? settled(participant, exchange, answer) else { return [] }
      return [settled]
    }
    switch event {
    case .holds(let participant, let pending): return outcome(participant, pending.exchange, pending.answer)
    case .offered(let participant, let offer), .received(let participant, let offer, _):
      return outcome(participant, offer.exchange, offer.answer)
    case .arrived, .left, .declined, .timePassed: return []
    }
  }
}
