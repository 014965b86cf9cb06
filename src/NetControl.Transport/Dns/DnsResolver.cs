using System.Security.Cryptography;
using NetControl.Network;

namespace NetControl.Transport.Dns;

/// <summary>Asks questions of a resolver, over whatever transport.</summary>
/// <remarks>Thread rule: any thread. Keeps nothing; put a <see cref="DnsCacheTransport"/> beneath where answers are to be kept.</remarks>
public sealed class DnsResolver
{
    /// <summary>How long an answer is waited for if nothing else is said: 10 seconds.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    private readonly IDnsTransport _transport;
    private readonly TimeProvider _timeProvider;
    private readonly TimeSpan _timeout;

    /// <summary>Makes a resolver.</summary>
    /// <param name="transport">Carries the queries.</param>
    /// <param name="timeProvider">The clock; an event loop's where queries are made on loops.</param>
    /// <param name="timeout">How long a query may take in all.</param>
    /// <exception cref="ArgumentNullException"><paramref name="transport"/> is null.</exception>
    public DnsResolver(IDnsTransport transport, TimeProvider? timeProvider = null, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(transport);
        _transport = transport;
        _timeProvider = timeProvider ?? TimeProvider.System;
        _timeout = timeout ?? DefaultTimeout;
    }

    /// <summary>Asks one question.</summary>
    /// <returns>The answer, also one that says that there is none.</returns>
    /// <exception cref="DnsException">No answer.</exception>
    public async ValueTask<DnsResponse> QueryAsync(DnsQuestion question, CancellationToken cancellationToken = default)
    {
        byte[] query = DnsQuery.Create((ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue + 1), question);
        using TimeLimit limit = new(_timeout, _timeProvider, cancellationToken);
        try
        {
            return new DnsResponse(await _transport.ExchangeAsync(query, limit.Token));
        }
        catch (OperationCanceledException e) when (limit.IsOver)
        {
            throw new DnsException(DnsError.Receive, $"no answer within {_timeout.TotalSeconds:0.#} s", e);
        }
    }

    /// <summary>Finds the addresses of a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="type">A or AAAA.</param>
    /// <param name="cancellationToken">Gives the query up.</param>
    /// <exception cref="DnsException">No answer, or one that says no.</exception>
    public async ValueTask<IReadOnlyList<IpAddr>> LookUpAsync(string name, DnsType type, CancellationToken cancellationToken = default)
    {
        if (!DnsName.TryParse(name, out DnsName parsed))
        {
            throw new DnsException(DnsError.BadRequest, $"'{name}' is no domain name");
        }

        DnsResponse response = await QueryAsync(new DnsQuestion(parsed, type), cancellationToken);
        return response.Rcode == DnsRcode.NoError
            ? response.Addresses(type)
            : throw new DnsException(DnsError.BadResponse, $"the resolver answered {Describe(response.Rcode)} for {parsed}");
    }

    /// <summary>The lookups of a <see cref="HappyEyeballsStreamDialer"/>: AAAA and A, in parallel.</summary>
    public IReadOnlyList<AddressLookup> Lookups() => [Lookup(DnsType.Aaaa), Lookup(DnsType.A)];

    private AddressLookup Lookup(DnsType type) => async (host, cancellationToken) =>
    {
        try
        {
            return await LookUpAsync(host, type, cancellationToken);
        }
        catch (DnsException e)
        {
            throw new DialException(DialFailure.NameNotResolved, e.Message, e);
        }
    };

    private static string Describe(DnsRcode rcode) => rcode switch
    {
        DnsRcode.NameError => "NXDOMAIN",
        DnsRcode.ServerFailure => "SERVFAIL",
        DnsRcode.Refused => "REFUSED",
        _ => $"{rcode}",
    };
}
