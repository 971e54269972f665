import Testing

@Suite struct `A holder that is killed, aborts and has a wrong clock` {
  @Test func `charges before it releases, once, and as much as the budget allows`() throws {
    for seed in 0..<40 as Range<UInt64> {
      var world = try LedgerWorld(seed: seed, mutant: nil)
      try world.run()
      #expect(world.complaints.isEmpty, "seed \(seed)")
      #expect(world.refusals == 3, "seed \(seed) comes to the end of its budget")
    }
  }

  @Test(arguments: LedgerMutant.allCases)
  func `with a bug planted is found out`(_ mutant: LedgerMutant) throws {
    var found: Set<String> = []
    for seed in 0..<10 as Range<UInt64> {
      var world = try LedgerWorld(seed: seed, mutant: mutant)
      try world.run()
      found.formUnion(world.complaints)
    }
    let expected =
      switch mutant {
      case .refundOnAbort: "the ledger says less than was released"
      case .chargeAfterRelease: "released before it was charged"
      case .orderByClock: "more was released than the budget allows"
      case .oneTooMany: "what does not fit was charged"
      case .oneTooFew: "what fits was refused"
      case .chargedTwice: "the ledger does not say what was charged"
      }
    #expect(found.contains(expected), "\(found)")
  }
}
