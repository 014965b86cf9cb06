namespace NetControl.Transport;

/// <summary>Names this assembly for the architecture tests.</summary>
public static class AssemblyMarker;
