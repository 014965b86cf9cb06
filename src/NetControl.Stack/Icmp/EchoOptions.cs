using System.Buffers.Binary;
using NetControl.Network;
using NetControl.Stack.Wire;

namespace NetControl.Stack.Icmp;

/// <summary>The IPv4 options of an echo request that go back with its reply: record route and timestamp (RFC 1122 3.2.2.6, RFC 791 3.1).</summary>
internal static class EchoOptions
{
    private const int RouteSlot = 4;
    private const int MaxOverflow = 15;

    /// <summary>Writes the options that go back, with our address or the time added, and returns their padded length.</summary>
    /// <param name="destination">Forty bytes.</param>
    /// <param name="options">The request's options; judged sound.</param>
    /// <param name="self">The address that was asked.</param>
    /// <param name="midnightMillis">Milliseconds since midnight UT.</param>
    public static int Write(Span<byte> destination, ReadOnlySpan<byte> options, IpAddr self, uint midnightMillis)
    {
        int written = 0;
        while (!options.IsEmpty && options[0] != Ipv4Options.End)
        {
            int length = options[0] == Ipv4Options.NoOperation ? 1 : options[1];
            ReadOnlySpan<byte> option = options[..length];
            options = options[length..];
            if (option[0] is Ipv4Options.RecordRoute or Ipv4Options.Timestamp)
            {
                Span<byte> copy = destination.Slice(written, length);
                option.CopyTo(copy);
                written += length;
                if (option[0] == Ipv4Options.RecordRoute)
                {
                    AddAddress(copy, self);
                }
                else if (length > 3)
                {
                    AddTime(copy, self, midnightMillis);
                }
            }
        }

        int padded = (written + 3) & ~3;
        destination[written..padded].Clear();
        return padded;
    }

    private static void AddAddress(Span<byte> option, IpAddr self)
    {
        int at = option[2] - 1;
        if (at + RouteSlot <= option.Length)
        {
            BinaryPrimitives.WriteUInt32BigEndian(option[at..], self.V4);
            option[2] += RouteSlot;
        }
    }

    private static void AddTime(Span<byte> option, IpAddr self, uint midnightMillis)
    {
        int flag = option[3] & 0x0F;
        int slot = flag == 0 ? 4 : 8;
        int at = option[2] - 1;
        if (at + slot > option.Length)
        {
            // No room: the module that could not register is counted.
            if (option[3] >> 4 < MaxOverflow)
            {
                option[3] += 0x10;
            }

            return;
        }

        // Flag 3: only whom the sender has named.
        if (flag == 3 && BinaryPrimitives.ReadUInt32BigEndian(option[at..]) != self.V4)
        {
            return;
        }

        if (slot == 8)
        {
            BinaryPrimitives.WriteUInt32BigEndian(option[at..], self.V4);
        }

        BinaryPrimitives.WriteUInt32BigEndian(option[(at + slot - 4)..], midnightMillis);
        option[2] += (byte)slot;
    }
}
