namespace NetControl.Network;

/// <summary>Dials names by racing their addresses (Happy Eyeballs version 2, RFC 8305); a destination by address passes as it is.</summary>
/// <remarks>
/// All lookups begin at once. The families take turns, IPv6 first; within a family the order of the lookups holds. An attempt begins when the
/// one before it has failed, or has been alone for <see cref="HappyEyeballsOptions.AttemptDelay"/>. The first connection wins; the others
/// are given up, and closed should they come about after all. Awaits nothing but the lookups, the dials and the timers it was given.
/// </remarks>
public sealed class HappyEyeballsStreamDialer : IStreamDialer
{
    private readonly IStreamDialer _inner;
    private readonly IReadOnlyList<AddressLookup> _lookups;
    private readonly HappyEyeballsOptions _options;

    /// <summary>Makes a dialer.</summary>
    /// <param name="inner">Dials addresses.</param>
    /// <param name="lookups">Find a name's addresses, in parallel: usually one for each family.</param>
    /// <param name="options">The delays and the clock.</param>
    /// <exception cref="ArgumentNullException">A part is null.</exception>
    public HappyEyeballsStreamDialer(IStreamDialer inner, IReadOnlyList<AddressLookup> lookups, HappyEyeballsOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(lookups);
        _inner = inner;
        _lookups = lookups;
        _options = options ?? new HappyEyeballsOptions();
    }

    /// <inheritdoc/>
    /// <exception cref="DialException">
    /// Every attempt failed: the only one's error as it is, or what the last one told with all errors beneath. No address was found:
    /// <see cref="DialFailure.NameNotResolved"/>.
    /// </exception>
    public ValueTask<IStreamConnection> DialAsync(HostPort destination, CancellationToken cancellationToken = default) =>
        destination.IsAddress
            ? _inner.DialAsync(destination, cancellationToken)
            : new ValueTask<IStreamConnection>(new HappyEyeballsRace(_inner, _options, destination, cancellationToken).RunAsync(_lookups));
}
