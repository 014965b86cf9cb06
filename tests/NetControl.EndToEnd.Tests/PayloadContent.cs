using System.Net;
using NetControl.Testing.Origin;

namespace NetControl.EndToEnd.Tests;

/// <summary>A request body made of <see cref="Payload"/>.</summary>
internal sealed class PayloadContent(long length) : HttpContent
{
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        byte[] buffer = new byte[256 * 1024];
        for (long offset = 0; offset < length; offset += buffer.Length)
        {
            int part = (int)Math.Min(buffer.Length, length - offset);
            Payload.Fill(buffer.AsSpan(0, part), offset);
            await stream.WriteAsync(buffer.AsMemory(0, part));
        }
    }

    protected override bool TryComputeLength(out long computed)
    {
        computed = length;
        return true;
    }
}
