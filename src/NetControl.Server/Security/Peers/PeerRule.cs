namespace NetControl.Server.Security.Peers;

/// <summary>A user or a group on a Unix socket, and its role.</summary>
/// <param name="Uid">The user, or null for any.</param>
/// <param name="Gid">The primary group, or null for any.</param>
/// <param name="Role">The role.</param>
internal sealed record PeerRule(uint? Uid, uint? Gid, Role Role)
{
    public bool Fits(PeerCredentials peer) => (Uid is null || Uid == peer.Uid) && (Gid is null || Gid == peer.Gid);

    /// <summary>The role of a peer: the first rule that fits; root and the process's own user are administrators otherwise.</summary>
    public static Role RoleOf(PeerCredentials peer, IReadOnlyList<PeerRule> rules, uint own)
    {
        foreach (PeerRule rule in rules)
        {
            if (rule.Fits(peer))
            {
                return rule.Role;
            }
        }

        return peer.Uid == 0 || peer.Uid == own ? Role.Admin : Role.None;
    }
}
