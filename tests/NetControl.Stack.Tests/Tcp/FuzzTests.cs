using NetControl.Stack.Tcp;
using NetControl.Testing.Tcp;

namespace NetControl.Stack.Tests.Tcp;

/// <summary>Senseless segments in every state never throw, hang or leak.</summary>
public sealed class FuzzTests
{
    private static readonly int Runs =
        60 * (int.TryParse(Environment.GetEnvironmentVariable("NETCONTROL_TEST_SCALE"), out int scale) ? Math.Max(1, scale) : 1);

    [Theory]
    [InlineData("SynHeld")]
    [InlineData("SynSent")]
    [InlineData("SynReceived")]
    [InlineData("Established")]
    [InlineData("FinWait1")]
    [InlineData("FinWait2")]
    [InlineData("CloseWait")]
    [InlineData("Closing")]
    [InlineData("LastAck")]
    [InlineData("TimeWait")]
    public void ArbitrarySegments_DoNoHarm(string state)
    {
        for (int seed = 0; seed < Runs; seed++)
        {
            Random random = new((seed * 31) + state.Length);
            using TcpScript s = ResetTests.Make(state);
            s.CheckContent = false;
            s.DirectLimit = random.Next(3) switch { 0 => 0, 1 => 100, _ => int.MaxValue };
            for (int i = 0; i < 150 && s.State != TcpState.Closed; i++)
            {
                Step(s, random);
                s.Sent();
            }

            s.Advance(1_000_000);
        }
    }

    private static void Step(TcpScript s, Random random)
    {
        switch (random.Next(12))
        {
            case 0 when s.Connection.SendRoom > 0 && s.State is not TcpState.Closed:
                s.Write(random.Next(1, s.Connection.SendRoom + 1));
                break;
            case 1:
                s.Advance(random.Next(3) == 0 ? random.Next(5000) : random.Next(50));
                break;
            case 2:
                s.Take(random.Next(5000));
                break;
            case 3 when random.Next(20) == 0:
                s.Close();
                break;
            default:
                s.In(Segment(s, random));
                break;
        }
    }

    private static string Segment(TcpScript s, Random random)
    {
        string flags = "";
        flags += random.Next(12) == 0 ? "S" : "";
        flags += random.Next(8) == 0 ? "F" : "";
        flags += random.Next(25) == 0 ? "R" : "";
        flags += random.Next(5) == 0 ? "P" : "";
        flags += random.Next(8) == 0 ? "U" : "";
        flags += random.Next(10) != 0 ? "A" : "";
        long next = (uint)(s.Connection.ReceiveNext - s.PeerIsn);
        int apart = random.Next(-3, 3) + (random.Next(3) == 0 ? random.Next(-3000, 30_000) : 0);
        long seq = random.Next(10) == 0 ? random.NextInt64(1L << 32) : (uint)(next + apart);
        int length = random.Next(3) == 0 ? 0 : random.Next(random.Next(10) == 0 ? 60_000 : 1500);
        long sent = (uint)(s.Connection.SendNext - s.OurIsn);
        int behind = (random.Next(2) == 0 ? 0 : random.Next(20_000)) + random.Next(-1, 2);
        long ack = random.Next(10) == 0 ? random.NextInt64(1L << 32) : (uint)(sent - behind);
        int window = random.Next(5) == 0 ? random.Next(3) : random.Next(65_536);
        string text = $"{(flags.Length == 0 ? "-" : flags)} {seq}{(length > 0 ? $":{seq + length}" : "")} ack {ack} win {window}";
        for (int i = random.Next(5) == 0 ? random.Next(1, 5) : 0; i > 0; i--)
        {
            long left = (uint)(ack + random.Next(-2000, 20_000));
            text += $" sack {left}:{(uint)(left + random.Next(-10, 5000))}";
        }

        if (random.Next(6) == 0)
        {
            text += $" ts {random.NextInt64(1L << 32)} {random.NextInt64(1L << 32)}";
        }

        return random.Next(10) == 0 ? text + $" mss {random.Next(100)} wscale {random.Next(15)} sackok" : text;
    }
}
