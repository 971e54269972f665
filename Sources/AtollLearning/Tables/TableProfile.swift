public struct TableProfile { public init(csv: some ByteSource, format: TableFormat) throws { fatalError() }
func schema() -> TableSchema { fatalError() } }
