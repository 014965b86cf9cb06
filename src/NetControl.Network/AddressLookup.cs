namespace NetControl.Network;

/// <summary>Finds addresses of a host name: all of them, or those of one family.</summary>
/// <param name="host">The name.</param>
/// <param name="cancellationToken">Gives the search up.</param>
/// <returns>The addresses, best first; none if the name has none of the kind.</returns>
/// <exception cref="DialException">The name could not be looked up (<see cref="DialFailure.NameNotResolved"/>).</exception>
public delegate ValueTask<IReadOnlyList<IpAddr>> AddressLookup(string host, CancellationToken cancellationToken);
