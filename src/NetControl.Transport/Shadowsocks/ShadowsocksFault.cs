namespace NetControl.Transport.Shadowsocks;

/// <summary>What was wrong with what a Shadowsocks server sent.</summary>
public enum ShadowsocksFault
{
    /// <summary>The bytes were not sealed with this key: a wrong password or method, another protocol, or somebody on the way.</summary>
    NotAuthentic,

    /// <summary>The stream ended in the middle of a salt or a chunk.</summary>
    Truncated,

    /// <summary>The header is not one of a response (2022 edition).</summary>
    WrongHeader,

    /// <summary>The message was made more than 30 seconds ago, or ahead: a replay, or a clock that is off (2022 edition).</summary>
    OutOfTime,

    /// <summary>The response is to another request, or was heard before (2022 edition).</summary>
    Replayed,
}
