import Testing

@testable import AtollReport

@Suite struct `Words of a report` {
  @Test func `count as people do`() {
    #expect(English.count(1, "participant") == "one participant")
    #expect(English.count(3, "round") == "three rounds")
    #expect(English.count(1200, "round") == "1,200 rounds")
    #expect(
      English.list(["a"]) == "a" && English.list(["a", "b", "c"]) == "a, b and c" && English.list([]) == "")
  }

  @Test func `tell the time in UTC, and keep what is none`() {
    #expect(English.time("2026-11-23T14:12:05Z") == "23 November 2026, 14:12 UTC")
    for text in ["", "yesterday", "2026-13-01T00:00:00Z", "2026-11"] { #expect(English.time(text) == text) }
  }

  @Test func `shorten names at the middle, so that numbered ones differ`() {
    #expect(English.shortened("north", to: 14) == "north")
    let name = "the-regional-hospital-of-saint-catherine"
    #expect(name.count == 40)
    #expect(
      English.shortened(name, to: 18) == "the-regional…erine" && English.shortened(name, to: 18).count == 18)
    #expect(English.shortened("participant-07", to: 13) != English.shortened("participant-08", to: 13))
  }

  @Test func `call classes by the label where its cells say nothing`() {
    let binary = ClassNames(["0", "1"], label: "malignant")
    #expect(binary[1] == "malignant" && binary[0] == "not malignant")
    let rule = ClassNames(["not > 0", "> 0"], label: "num")
    #expect(rule[1] == "num > 0" && rule[0] == "not num > 0")
    let named = ClassNames(["cat", "dog"], label: "animal")
    #expect(named[0] == "cat" && named[1] == "dog" && named[2] == "class 2")
    #expect(ClassNames(["0", "1"], label: nil)[1] == "1")
  }

  @Test func `are commands that run as typed`() {
    #expect(Shell.quoted("runs/a-1/model.safetensors") == "runs/a-1/model.safetensors")
    #expect(Shell.quoted("my runs/it's") == #"'my runs/it'\''s'"#)
  }
}
