using System.Net;

namespace NetControl.EndToEnd.Tests.Http;

/// <summary>A running HTTP proxy, and how a hop names it.</summary>
/// <param name="Scheme">The hop's scheme.</param>
/// <param name="EndPoint">Where it listens.</param>
/// <param name="Options">The hop's options.</param>
internal sealed record HttpProxy(string Scheme, IPEndPoint EndPoint, string Options)
{
    /// <summary>The password that it knows.</summary>
    public string ItsPassword { get; init; } = HttpProxies.Password;

    /// <summary>The hop without credentials.</summary>
    public string Hop => $"{Scheme}://{EndPoint}{Options}";

    /// <summary>The hop with the right credentials.</summary>
    public string HopWithLogin => HopWith(ItsPassword);

    /// <summary>The hop with a password.</summary>
    public string HopWith(string password) => $"{Scheme}://{HttpProxies.User}:{Uri.EscapeDataString(password)}@{EndPoint}{Options}";
}
