namespace NetControl.Server.Hosting;

/// <summary>What the command line says.</summary>
internal sealed record ServerOptions
{
    /// <summary>The configuration file, or null.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>The audit log, instead of the configuration's; or null.</summary>
    public string? AuditLog { get; init; }

    /// <summary>Whether the process gives up what it does not need.</summary>
    public bool Hardening { get; init; } = true;

    /// <summary>The least level that is logged.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>Whether log lines are JSON objects.</summary>
    public bool JsonLogs { get; init; }

    /// <summary>Event loops; 0 is one for each CPU.</summary>
    public int Loops { get; init; }

    /// <summary>The TUN driver's node, instead of /dev/net/tun; or null.</summary>
    public string? TunPath { get; init; }

    /// <summary>Whether the file's IPv6 addresses and routes count.</summary>
    public bool Ipv6 { get; init; } = true;

    /// <summary>How long sessions may go on when the process is asked to end.</summary>
    public TimeSpan DrainTimeout { get; init; }

    /// <summary>Where desired state is kept; empty is memory, null is the default.</summary>
    public string? StateFile { get; init; }

    /// <summary>Check the configuration and end.</summary>
    public bool CheckOnly { get; init; }
}
