public import FoundationEssentials
public enum Safetensors { public static func encode(_ p: ParameterSet) -> Data { Data() }
public static func decode(_ d: Data) throws -> (parameters: ParameterSet, metadata: [String: String]) { preconditionFailure() } }
