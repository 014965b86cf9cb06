namespace NetControl.Network;

/// <summary>An optional second face of a connection that changes only the beginning of what passes, and is nothing but a detour afterwards.</summary>
/// <remarks>Ask for it with <c>is</c>: whoever moves bulk data may then use what lies beneath and forget the connection itself.</remarks>
public interface IPassingConnection : IStreamConnection
{
    /// <summary>
    /// The connection beneath, as soon as every further call would be passed to it unchanged; null before that. To use it is to own it: the
    /// connection that gave it is not disposed of any more. Asked for while no call is under way but a read that waits with an empty buffer.
    /// </summary>
    IStreamConnection? Beneath { get; }
}
