using NetControl.Engine.Loops;
using NetControl.Network;
using NetControl.Stack.Wire;

namespace NetControl.Engine.Tests.Loops;

public sealed class FlowDirectoryTests
{
    [Fact]
    public void ManyThreadsClaimTheSameFlows_EachFlowHasOneOwner()
    {
        const int Queues = 4;
        const int Flows = 5_000;
        FlowDirectory directory = new();
        int[][] answers = new int[Queues][];
        using Barrier start = new(Queues);
        Thread[] threads = [.. Enumerable.Range(0, Queues).Select(queue => new Thread(() =>
        {
            answers[queue] = new int[Flows];
            start.SignalAndWait();
            for (int i = 0; i < Flows; i++)
            {
                answers[queue][i] = directory.Claim(Key(i), queue);
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        for (int i = 0; i < Flows; i++)
        {
            int owner = directory.Find(Key(i));
            Assert.All(answers, answer => Assert.Equal(owner, answer[i]));
        }
    }

    [Fact]
    public void ReleasedFlow_IsAnybodys()
    {
        FlowDirectory directory = new();
        Assert.Equal(-1, directory.Find(Key(1)));
        Assert.Equal(1, directory.Claim(Key(1), 1));
        Assert.Equal(1, directory.Claim(Key(1), 0));
        directory.Release(Key(1));
        Assert.Equal(-1, directory.Find(Key(1)));
        Assert.Equal(0, directory.Claim(Key(1), 0));
    }

    private static FlowKey Key(int i) => new(IpProtocol.Tcp, AddrPort.Parse($"10.0.0.2:{i + 1}"), AddrPort.Parse("198.18.0.1:80"));
}
