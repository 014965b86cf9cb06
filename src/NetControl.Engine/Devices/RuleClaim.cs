using System.Globalization;
using NetControl.Engine.Interop.Linux;
using NetControl.Engine.Netlink;

namespace NetControl.Engine.Devices;

/// <summary>A living process' word that it uses a policy rule, which every other process of the network namespace can see.</summary>
/// <remarks>
/// It is an abstract Unix socket bound to a name made of the rule and the first free number: it ends with its process, also with one that
/// is killed. A rule of ours that nobody claims is therefore a leftover. Claims are made and looked at under the
/// <see cref="NamespaceGate"/>. Lifetime: the maker disposes; everything stays in the namespace of the thread that made it.
/// </remarks>
internal sealed class RuleClaim : IDisposable
{
    // How many processes of one namespace can share a rule; one that finds no number left relies on the others to outlive it.
    private const int Numbers = 32;

    private static readonly TimeSpan s_closingPatience = TimeSpan.FromSeconds(1);
    private readonly SafeFd _claim = MakeSocket();
    private readonly SafeFd _probe = MakeSocket();
    private readonly RuleInfo _rule;
    private readonly int _number;

    /// <summary>Claims a rule.</summary>
    public RuleClaim(RuleInfo rule)
    {
        _rule = rule;
        while (_number < Numbers && Libc.BindAbstract(_claim.Value, NameOf(rule, _number)) != 0)
        {
            _number++;
        }
    }

    /// <summary>What enters the gate when the claim is given up, on whatever thread that will be.</summary>
    public SafeFd Ticket { get; } = NamespaceGate.MakeTicket();

    /// <summary>Whether a process of the calling thread's network namespace claims the rule.</summary>
    public static bool Exists(RuleInfo rule)
    {
        using SafeFd probe = MakeSocket();
        return Exists(probe, rule);
    }

    /// <summary>Gives the claim up and tells whether others have one. Under the gate.</summary>
    public bool GiveUp()
    {
        _claim.Dispose();

        // A process that forked meanwhile holds every descriptor until it execs: our own name may outlive our closing it by a moment.
        SpinWait.SpinUntil(() => _number == Numbers || !Exists(_probe, _rule, _number), s_closingPatience);
        return Exists(_probe, _rule);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _claim.Dispose();
        _probe.Dispose();
        Ticket.Dispose();
    }

    private static bool Exists(SafeFd probe, RuleInfo rule)
    {
        for (int number = 0; number < Numbers; number++)
        {
            if (Exists(probe, rule, number))
            {
                return true;
            }
        }

        return false;
    }

    // Anything but "nobody is there" (EPERM by a security module, say) is no reason to remove a rule.
    private static bool Exists(SafeFd probe, RuleInfo rule, int number) =>
        Libc.ConnectAbstract(probe.Value, NameOf(rule, number)) == 0 || Libc.LastErrno != Errno.ECONNREFUSED;

    private static SafeFd MakeSocket() => new(Libc.Socket(Libc.AF_UNIX, Libc.SOCK_DGRAM, 0));

    private static string NameOf(RuleInfo rule, int number) => string.Create(CultureInfo.InvariantCulture,
        $"netcontrol/rule/{(rule.IsV6 ? 6 : 4)}/{rule.Priority}/{rule.Table}/{rule.Mark:x}/{rule.Mask:x}/{(rule.Invert ? 1 : 0)}/{rule.SuppressPrefixLength ?? -1}/{rule.Destination}/{rule.User}/{number}");
}
