namespace NetControl.Server.Gateway;

/// <summary>What is wrong with one field of a JSON request.</summary>
/// <param name="Field">Its path.</param>
/// <param name="Description">What is wrong, and what would be right.</param>
/// <param name="Reason">The same for programs.</param>
internal sealed record FieldFault(string Field, string Description, string Reason);
