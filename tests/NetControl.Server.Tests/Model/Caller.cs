using Google.Protobuf;
using Grpc.Core;

namespace NetControl.Server.Tests.Model;

/// <summary>An orchestrator over a bad line: it gives calls up, loses answers, sends twice, and repeats with the same request id until it
/// knows how it ended, also with the server's successor.</summary>
internal sealed class Caller
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly Random _random;
    private readonly AskSource _source;
    private Life _life;

    public Caller(Random random, Life life)
    {
        _random = random;
        _life = life;
        _source = new AskSource(random);
    }

    public List<Deed> Deeds { get; } = [];

    public async Task RunAsync(int asks)
    {
        for (int i = 0; i < asks; i++)
        {
            Ask ask = _source.Next();
            bool dryRun = ask.Changes && _random.Next(8) == 0;
            string id = Guid.NewGuid().ToString();
            Deed deed = new(ask.Changes ? ask.With(id, dryRun) : ask, ask.Changes && !dryRun, _life.Revision);
            Deeds.Add(deed);
            await DoAsync(deed);
            if (deed is { Changes: true, Answers.Count: > 0 } && _random.Next(16) == 0)
            {
                await ExpectReusedAsync(deed.Ask, id);
            }
        }
    }

    private async Task DoAsync(Deed deed)
    {
        int line = deed.Changes ? _random.Next(8) : 7;
        switch (line)
        {
            case 0:
                Task<bool> first = SendAsync(deed, CancellationToken.None);
                await Task.WhenAll(first, SendAsync(deed, CancellationToken.None));
                break;
            case 1 or 2:
                using (CancellationTokenSource hangUp = new())
                {
                    Task<bool> given = SendAsync(deed, hangUp.Token);
                    for (int turns = _random.Next(40); turns > 0 && !given.IsCompleted; turns--)
                    {
                        await Task.Yield();
                    }

                    await hangUp.CancelAsync();
                    await given;
                }

                break;
            case 3:
                await SendAsync(deed, CancellationToken.None); // and its answer is lost
                break;
        }

        while (!await SendAsync(deed, CancellationToken.None))
        {
        }

        if (deed.Answers.Count > 0)
        {
            _source.See(deed.Answers[0].Answer);
        }
    }

    /// <summary>Sends it once. False when no answer came: the call was given up, or the server died.</summary>
    private async Task<bool> SendAsync(Deed deed, CancellationToken hangUp)
    {
        Life life = _life;
        using CancellationTokenSource impatience = new(s_patience);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(hangUp, impatience.Token);
        try
        {
            IMessage answer = await deed.Ask.Send(life.Server, new CallOptions(cancellationToken: both.Token));
            if (life.Dead)
            {
                return await FollowAsync(life);
            }

            lock (deed)
            {
                deed.Answers.Add((answer, life.Revision));
            }

            return true;
        }
        catch (Exception) when (life.Dead)
        {
            return await FollowAsync(life);
        }
        catch (RpcException e) when (hangUp.IsCancellationRequested && !HasReason(e))
        {
            return false;
        }
        catch (RpcException e)
        {
            Assert.True(HasReason(e), $"{e.Status} without a reason: {deed.Ask}");
            lock (deed)
            {
                deed.Refusals.Add((RichError.Of(e).Reason, life.Revision));
            }

            return true;
        }
    }

    private static bool HasReason(RpcException e) => e.Trailers.GetValueBytes("grpc-status-details-bin") is not null;

    private async Task<bool> FollowAsync(Life dead)
    {
        _life = await dead.Next;
        return false;
    }

    private async Task ExpectReusedAsync(Ask first, string id)
    {
        Ask other = _source.Next();
        while (!other.Changes || other.With(id, validateOnly: false).Request.Equals(first.Request))
        {
            other = _source.Next();
        }

        Deed reuse = new(other, Changes: false, _life.Revision);
        while (!await SendAsync(reuse, CancellationToken.None))
        {
        }

        Assert.Equal("REQUEST_ID_REUSED", Assert.Single(reuse.Refusals).Reason);
    }
}
