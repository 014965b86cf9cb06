using NetControl.Engine.Interop.Linux;
using NetControl.Engine.Loops;

namespace NetControl.Engine.Tests.Loops;

public sealed class LoopHandlerTableTests
{
    [Fact]
    public void TicketOfARemovedHandler_WhosePlaceWasGivenAway_FindsNobody()
    {
        LoopHandlerTable table = new();
        Handler first = new(), second = new();
        long old = table.Add(first);
        table.Remove(old);
        Assert.Null(table.Find(old));
        long young = table.Add(second);
        Assert.Equal((int)old, (int)young); // the same place
        Assert.Null(table.Find(old));
        Assert.Same(second, table.Find(young));
        table.Remove(old);
        Assert.Same(second, table.Find(young));
    }

    [Fact]
    public void RandomAddsAndRemoves_AgreeWithADictionary()
    {
        Random random = new(7);
        LoopHandlerTable table = new();
        Dictionary<long, Handler> live = [];
        List<long> dead = [];
        for (int i = 0; i < 20_000; i++)
        {
            if (random.Next(3) > 0)
            {
                Handler handler = new();
                live.Add(table.Add(handler), handler);
            }
            else if (live.Count > 0)
            {
                long ticket = live.Keys.ElementAt(random.Next(Math.Min(live.Count, 8)));
                live.Remove(ticket);
                dead.Add(ticket);
                table.Remove(ticket);
                table.Remove(ticket);
            }
        }

        Assert.All(live, entry => Assert.Same(entry.Value, table.Find(entry.Key)));
        Assert.All(dead, ticket => Assert.Null(table.Find(ticket)));
    }

    private sealed class Handler : ILoopHandler
    {
        public void OnReady(EpollEvents events)
        {
        }
    }
}
