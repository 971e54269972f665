// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "extras",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "atoll", path: "../..")],
  targets: [
    .target(name: "Extras", dependencies: [.product(name: "Atoll", package: "atoll")]),
    .testTarget(
      name: "ExtrasTests",
      dependencies: [
        "Extras", .product(name: "Atoll", package: "atoll"), .product(name: "AtollTesting", package: "atoll"),
      ]),
  ]
)
