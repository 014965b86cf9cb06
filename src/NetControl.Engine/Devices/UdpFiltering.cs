namespace NetControl.Engine.Devices;

/// <summary>Whose datagrams reach a UDP session from outside (RFC 4787 section 5).</summary>
public enum UdpFiltering : byte
{
    /// <summary>Anybody's: "full cone".</summary>
    EndpointIndependent,

    /// <summary>Those of addresses, whatever the port, that the application has sent to in this session.</summary>
    AddressDependent,
}
