using Microsoft.Extensions.Logging.Abstractions;
using NetControl.Engine;
using NetControl.Network;
using NetControl.Transport.Chains;

namespace NetControl.Sample;

/// <summary>The library alone: an IP device whose TCP and UDP leave through a chain of proxies. No server, no TUN, no privileges.</summary>
public static class StackOverProxy
{
    /// <summary>Opens a device over a chain, lets an application use it, and closes it.</summary>
    /// <param name="text">The chain, such as <c>socks5://192.0.2.1:1080</c>.</param>
    /// <param name="application">Writes IP packets to the device and reads IP packets from it, until it has what it wants.</param>
    /// <exception cref="FormatException">The text is no chain.</exception>
    public static async Task RunAsync(string text, Func<IIPDevice, Task> application)
    {
        ArgumentNullException.ThrowIfNull(application);

        // README: begin
        if (!HopRegistry.Standard.TryParse(text, out Chain? chain, out ChainError? error))
        {
            throw new FormatException($"{error}");
        }

        await using PacketEngine engine = new(new EngineOptions { Loops = 1 }, NullLogger.Instance);
        Way direct = new(engine.StreamDialer, engine.PacketListener);
        Way way = chain.Wrap(direct, new HopContext(direct, engine.TimeProvider, () => engine.CurrentLoop));

        using IIPDevice device = engine.OpenStack("sample", way.Streams, new PacketListenerProxy(way.Packets));
        await application(device); // device.Write(packet); int length = device.Read(buffer);
        // README: end
    }
}
