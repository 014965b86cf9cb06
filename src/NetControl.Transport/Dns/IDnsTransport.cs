namespace NetControl.Transport.Dns;

/// <summary>Carries one query to a resolver and its answer back, as bytes.</summary>
public interface IDnsTransport
{
    /// <summary>Asks. May be called from several threads at once, and on an event loop stays on its thread.</summary>
    /// <param name="query">A whole message with one question; must not change until the task is done.</param>
    /// <param name="cancellationToken">Gives the query up; nothing stays open. The only deadline there is.</param>
    /// <returns>A message that answers this query: its id and question are checked. The caller's to keep and change.</returns>
    /// <exception cref="DnsException">There is no answer.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    ValueTask<byte[]> ExchangeAsync(ReadOnlyMemory<byte> query, CancellationToken cancellationToken = default);
}
