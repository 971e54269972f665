/// What a policy file may say, for people and for editors: derived from the forms that read it.
public enum PolicySchema {
  /// Every key, in the order in which a policy is written.
  public static let rows = TaskSchema.rows(of: Form<PolicyDraft>.policy.shape)

  /// JSON Schema (draft 2020-12) of a policy file, for editors.
  public static let jsonSchema = Form<PolicyDraft>.policy.shape.jsonSchema(title: "Atoll policy")

  /// The listing of `atoll policy schema`.
  ///
  /// - Parameter width: columns of the terminal.
  public static func listing(width: Int = 80) -> String {
    TaskSchema.listing(
      of: rows,
      head:
        "A policy is YAML. In brackets stands what holds where a key is not written: what is not allowed is denied.",
      width: width)
  }

  /// Every key by its section, for hints.
  static let knownKeys = TaskSchema.knownKeys(of: rows)
}
