namespace NetControl.Engine;

/// <summary>A swappable way out: the living identity behind a delegate (or a proxy attached directly), holding the current <see cref="EgressModel"/>.</summary>
/// <remarks>
/// Thread rule: any thread may read <see cref="Current"/> or call <see cref="Swap"/>. A session reads it once, at birth, and keeps that
/// model for ever; a swap is one volatile write, so every session born after <see cref="Swap"/> returned uses the new model.
/// </remarks>
public sealed class Egress
{
    private readonly LiveCount _live = new();
    private volatile EgressModel _current;

    /// <summary>Makes an egress with its first model.</summary>
    public Egress(EgressModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.Live = _live;
        _current = model;
    }

    /// <summary>The model that new sessions get.</summary>
    public EgressModel Current => _current;

    /// <summary>How many live sessions were born here, with whichever model.</summary>
    public long LiveSessions => _live.Value;

    /// <summary>Replaces the model for sessions yet to be born. A model belongs to one egress.</summary>
    public void Swap(EgressModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.Live = _live;
        _current = model;
    }
}
