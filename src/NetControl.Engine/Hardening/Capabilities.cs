namespace NetControl.Engine.Hardening;

/// <summary>The capabilities that this program may have a use for (linux/capability.h).</summary>
[Flags]
public enum Capabilities : ulong
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>CAP_CHOWN: give a socket's file to another user or group.</summary>
    ChangeOwner = 1UL << 0,

    /// <summary>CAP_NET_BIND_SERVICE: listen on a port below 1024.</summary>
    BindLowPorts = 1UL << 10,

    /// <summary>CAP_NET_ADMIN: interfaces, addresses, routes, rules, marks.</summary>
    NetAdmin = 1UL << 12,
}
