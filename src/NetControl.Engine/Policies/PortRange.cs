namespace NetControl.Engine.Policies;

/// <summary>A range of ports, both ends included.</summary>
/// <param name="First">The first.</param>
/// <param name="Last">The last.</param>
public readonly record struct PortRange(ushort First, ushort Last)
{
    /// <summary>Whether the port is in the range.</summary>
    public bool Contains(ushort port) => port >= First && port <= Last;
}
