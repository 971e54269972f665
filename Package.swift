// swift-tools-version: 6.2
import PackageDescription

// Every Swift target is compiled with the same settings. The scripts set ATOLL_STRICT, so that a warning
// fails the check and never a user's build with a newer compiler.
let settings: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ] + (Context.environment["ATOLL_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)])

func library(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
  .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

// Server and client stand on gRPC, whose first build takes minutes. ATOLL_CORE leaves them out: for those who work on
// the layers below, and for `script/test --core`.
let hasNetwork = Context.environment["ATOLL_CORE"] == nil

let grpc: [Target.Dependency] = [
  .product(name: "GRPCCore", package: "grpc-swift-2"),
  .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
  .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf"),
  .product(name: "SwiftProtobuf", package: "swift-protobuf"),
  .product(name: "NIOCore", package: "swift-nio"),
  .product(name: "NIOTLS", package: "swift-nio"),
  .product(name: "NIOSSL", package: "swift-nio-ssl"),
  .product(name: "X509", package: "swift-certificates"),
  .product(name: "SwiftASN1", package: "swift-asn1"),
]
let networkPackages: [Package.Dependency] = [
  .package(url: "https://github.com/grpc/grpc-swift-2.git", from: "2.4.3"),
  .package(url: "https://github.com/grpc/grpc-swift-nio-transport.git", from: "2.9.2"),
  .package(url: "https://github.com/grpc/grpc-swift-protobuf.git", from: "2.4.1"),
  .package(url: "https://github.com/apple/swift-protobuf.git", from: "1.39.0", traits: []),
  .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
  .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
  .package(url: "https://github.com/apple/swift-certificates.git", from: "1.21.1"),
  .package(url: "https://github.com/apple/swift-asn1.git", from: "1.7.4"),
  .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
  .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
  .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0", traits: []),
  .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
]
let networkTargets: [Target] = [
  library(
    "AtollWire", ["AtollFederation", "AtollPrivacy", "AtollNumerics", crypto] + grpc, exclude: ["Contract"]),
  library(
    "AtollServer",
    [
      "AtollWire", "AtollStore", "AtollFederation", "AtollPrivacy", "AtollLearning", "AtollNumerics", crypto,
      .product(name: "GRDB", package: "GRDB.swift"),
    ]),
  library(
    "AtollDashboard",
    [
      "AtollServer", "AtollWire", "AtollReport", "AtollFederation", "AtollLearning",
      "AtollNumerics", crypto,
      .product(name: "Hummingbird", package: "hummingbird"),
      .product(name: "HummingbirdCore", package: "hummingbird"),
      .product(name: "HummingbirdTLS", package: "hummingbird"),
      .product(name: "HTTPTypes", package: "swift-http-types"),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOSSL", package: "swift-nio-ssl"),
    ]),
  library(
    "AtollClient",
    ["AtollWire", "AtollStore", "AtollFederation", "AtollPrivacy", "AtollLearning", "AtollNumerics"]),
  tests(
    "AtollWireTests",
    [
      "AtollWire", "AtollFederation", "AtollPrivacy", "AtollNumerics",
      .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOSSL", package: "swift-nio-ssl"),
    ]),
  tests(
    "AtollServerTests",
    [
      "AtollServer", "AtollClient", "AtollWire", "AtollScenarios", "AtollTesting", "AtollSimulation",
      "AtollExternal", "AtollStore",
      "AtollFederation", "AtollPrivacy", "AtollLearning", "AtollNumerics",
      .product(name: "GRDB", package: "GRDB.swift"),
      .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
      .product(name: "NIOSSL", package: "swift-nio-ssl"),
    ]),
  tests(
    "AtollClientTests",
    [
      "AtollClient", "AtollWire", "AtollStore", "AtollFederation", "AtollPrivacy", "AtollLearning",
      "AtollNumerics",
    ]),
  tests(
    "AtollDashboardTests",
    [
      "AtollDashboard", "AtollServer", "AtollWire", "AtollReport", "AtollFederation", "AtollLearning",
      "AtollNumerics",
      .product(name: "HTTPTypes", package: "swift-http-types"),
      .product(name: "Hummingbird", package: "hummingbird"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOEmbedded", package: "swift-nio"),
    ]),
  .executableTarget(
    name: "AtollCommand",
    dependencies: [
      "AtollDashboard", "AtollServer", "AtollClient", "AtollWire", "AtollMeasurement", "AtollScenarios",
      "AtollAudit", "AtollSimulation",
      "AtollExternal", "AtollStore", "AtollReport", "AtollFederation", "AtollTraining", "AtollPrivacy",
      "AtollLearning", "AtollNumerics", arguments,
    ],
    swiftSettings: settings),
  tests(
    "AtollCommandTests",
    [
      "AtollCommand", "AtollMeasurement", "AtollReport", "AtollStore", "AtollFederation", "AtollPrivacy",
      "AtollLearning", "AtollNumerics",
    ]),
  tests(
    "IntegrationTests",
    [
      "AtollCommand", "MathProbe", "AtollServer", "AtollClient", "AtollWire", "AtollScenarios",
      "AtollSimulation", "AtollStore", "AtollFederation", "AtollPrivacy", "AtollLearning", "AtollNumerics",
    ]),
]

// Every decoder of bytes from outside: damaged bytes are a test; under ATOLL_FUZZ the same entry points become a program
// around libFuzzer, which script/fuzz builds with its sanitizers.
let decoders: [Target.Dependency] =
  [
    "AtollExternal", "AtollScenarios", "AtollStore", "AtollFederation", "AtollPrivacy", "AtollLearning",
    "AtollNumerics",
  ] + (hasNetwork ? ["AtollWire", .product(name: "SwiftProtobuf", package: "swift-protobuf")] : [])
let fuzzTargets: [Target] =
  Context.environment["ATOLL_FUZZ"] == nil
  ? [
    .testTarget(
      name: "FuzzTests", dependencies: decoders, exclude: ["FuzzMain.swift"], swiftSettings: settings)
  ]
  : [
    .target(name: "CFuzzer", path: "Tests/CFuzzer"),
    .executableTarget(
      name: "fuzz", dependencies: decoders + ["CFuzzer"], path: "Tests/FuzzTests",
      exclude: ["MutationTests.swift"],
      swiftSettings: settings),
  ]

let package = Package(
  name: "atoll",
  platforms: [.macOS(.v15), .iOS(.v18)],
  // Atoll is all that data scientists need; the layers by themselves are for whoever wants less.
  products: ([
    "Atoll", "AtollNumerics", "AtollLearning", "AtollPrivacy", "AtollTraining", "AtollFederation",
    "AtollStore",
    "AtollSimulation", "AtollExternal", "AtollAudit", "AtollScenarios", "AtollTesting", "AtollMeasurement",
  ] + (hasNetwork ? ["AtollWire", "AtollServer", "AtollDashboard", "AtollClient"] : [])).map {
    .library(name: $0, targets: [$0])
  } + (hasNetwork ? [.executable(name: "atoll", targets: ["AtollCommand"])] : []),
  traits: [
    .trait(name: "PostgreSQL", description: "Participants' rows from PostgreSQL databases, through libpq.")
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
    .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
  ] + (hasNetwork ? networkPackages : []),
  targets: [
    // Layer 0
    .target(name: "CAtollKernels"),
    .target(name: "CAtollData", exclude: ["breast-tumours.csv"]),
    .target(
      name: "CAtollReport",
      exclude: ["base.css", "report.css", "dashboard.css", "report.js", "dashboard.js"]),
    library("AtollNumerics", ["CAtollKernels", crypto]),
    // Layer 1
    library("AtollLearning", ["AtollNumerics", "CAtollKernels"]),
    library("AtollPrivacy", ["AtollNumerics", "CAtollKernels", crypto, cryptoExtras]),
    // Layer 2
    library("AtollTraining", ["AtollLearning", "AtollPrivacy", "AtollNumerics"]),
    // Layer 3
    library(
      "AtollFederation", ["AtollTraining", "AtollPrivacy", "AtollLearning", "AtollNumerics", yams]),
    // Layer 4
    library(
      "AtollReport", ["AtollFederation", "AtollPrivacy", "AtollLearning", "AtollNumerics", "CAtollReport"]),
    // Layer 5
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(
      name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite"])]),
    // Needs libpq-dev, but only where the trait is on.
    .systemLibrary(name: "CPostgreSQL"),
    library(
      "AtollStore",
      [
        "AtollFederation", "AtollPrivacy", "AtollLearning", "AtollNumerics", "CSQLite", "CZlib",
        .target(name: "CPostgreSQL", condition: .when(traits: ["PostgreSQL"])),
      ]),
    // Layer 6
    library(
      "AtollSimulation",
      [
        "AtollStore", "AtollFederation", "AtollTraining", "AtollPrivacy", "AtollLearning", "AtollNumerics",
      ]),
    library(
      "AtollExternal", ["AtollStore", "AtollFederation", "AtollTraining", "AtollLearning", "AtollNumerics"]),
    // Layer 7
    library(
      "AtollAudit",
      [
        "AtollSimulation", "AtollStore", "AtollFederation", "AtollTraining", "AtollPrivacy", "AtollLearning",
        "AtollNumerics",
      ]),
    library("AtollScenarios", ["AtollStore", "AtollFederation", "AtollNumerics", "CAtollData"]),
    // For tests, ours and those of whoever extends Atoll
    library(
      "AtollTesting",
      ["AtollSimulation", "AtollFederation", "AtollTraining", "AtollLearning", "AtollNumerics"]),
    library("AtollMeasurement", ["AtollLearning", "AtollNumerics"]),
    // Layer 8
    library(
      "Atoll",
      [
        "AtollScenarios", "AtollSimulation", "AtollExternal", "AtollStore", "AtollFederation",
        "AtollTraining", "AtollLearning", "AtollNumerics",
      ]),
    tests("AtollNumericsTests", ["AtollNumerics"]),
    tests("AtollLearningTests", ["AtollLearning", "AtollNumerics"]),
    tests("AtollPrivacyTests", ["AtollPrivacy", "AtollNumerics"]),
    tests(
      "AtollTrainingTests",
      [
        "AtollScenarios", "AtollStore", "AtollTesting", "AtollTraining", "AtollLearning", "AtollPrivacy",
        "AtollNumerics",
      ]),
    tests(
      "AtollFederationTests",
      [
        "AtollFederation", "AtollScenarios", "AtollStore", "AtollSimulation", "AtollTesting", "AtollTraining",
        "AtollPrivacy", "AtollLearning", "AtollNumerics",
      ]),
    tests(
      "AtollSimulationTests",
      ["AtollSimulation", "AtollStore", "AtollFederation", "AtollPrivacy", "AtollLearning", "AtollNumerics"]),
    tests(
      "AtollStoreTests",
      [
        "AtollSimulation", "AtollScenarios", "AtollStore", "AtollFederation", "AtollTraining", "AtollPrivacy",
        "AtollLearning", "AtollNumerics", "CSQLite", "CZlib", "LedgerProbe",
      ]),
    tests(
      "AtollAuditTests",
      [
        "AtollAudit", "AtollScenarios", "AtollStore", "AtollFederation", "AtollPrivacy", "AtollLearning",
        "AtollNumerics",
      ]),
    tests(
      "AtollExternalTests",
      [
        "AtollExternal", "AtollSimulation", "AtollStore", "AtollFederation", "AtollTraining", "AtollLearning",
        "AtollNumerics",
      ]),
    tests("AtollTests", ["Atoll", "AtollTesting"]),
    // What a package of someone else's looks like; without access to anything that is not public.
    .target(
      name: "Extras", dependencies: ["Atoll"], path: "Examples/extension-package/Sources/Extras",
      packageAccess: false,
      swiftSettings: settings),
    .testTarget(
      name: "ExtrasTests", dependencies: ["Extras", "Atoll", "AtollTesting"],
      path: "Examples/extension-package/Tests/ExtrasTests", packageAccess: false, swiftSettings: settings),
    tests("AtollReportTests", ["AtollReport", "AtollFederation", "AtollLearning", "AtollNumerics"]),
    // Prints what the mathematical library gives, for a test that needs to see that from outside.
    .executableTarget(name: "MathProbe", path: "Tests/MathProbe", swiftSettings: settings),
    // Charges a ledger until it is killed, for a test that kills it.
    .executableTarget(
      name: "LedgerProbe", dependencies: ["AtollStore", "AtollPrivacy", "AtollNumerics"],
      path: "Tests/LedgerProbe", swiftSettings: settings),
  ] + (hasNetwork ? networkTargets : []) + fuzzTargets
)
