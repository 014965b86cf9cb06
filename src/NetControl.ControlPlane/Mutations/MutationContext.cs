namespace NetControl.ControlPlane.Mutations;

/// <summary>What comes with a request that changes something, besides the change.</summary>
public sealed record MutationContext
{
    /// <summary>A change that nobody outside asked for, or will ask for again.</summary>
    public static readonly MutationContext Internal = new();

    /// <summary>Every check, no effect.</summary>
    public static readonly MutationContext DryRun = new() { ValidateOnly = true };

    /// <summary>Do every check and answer as if, without the effect.</summary>
    public bool ValidateOnly { get; init; }

    /// <summary>The caller's UUID for this request; empty for none.</summary>
    public string RequestId { get; init; } = "";

    /// <summary>Which request it is: the same id may not be used for another kind.</summary>
    public string Method { get; init; } = "";

    /// <summary>A hash of the request's body: the same id may not be used with another body.</summary>
    public ReadOnlyMemory<byte> Fingerprint { get; init; }

    /// <summary>Turns the verb's result into the bytes that a repetition of the request gets, also after a restart. Null where repetitions
    /// need no memory.</summary>
    public Func<object, byte[]>? EncodeAnswer { get; init; }

    /// <summary>Who asks, for the audit log; whatever the server calls it.</summary>
    public object? Caller { get; init; }

    /// <summary>Gets what the change changed, once it is in force and before the next can begin: resources that merely tell something new
    /// about others are left out. It must be quick, and must not throw.</summary>
    public Action<IReadOnlyList<ResourceChange>>? OnChanged { get; init; }

    /// <summary>It settles what waits for confirmation, and need not wait for it.</summary>
    internal bool Settles { get; init; }

    /// <summary>Traffic depends on it: it waits for no confirmation, and a store that fails does not keep it from being made.</summary>
    internal bool Urgent { get; init; }
}
