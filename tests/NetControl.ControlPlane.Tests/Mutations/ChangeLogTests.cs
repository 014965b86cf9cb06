using CsCheck;
using NetControl.ControlPlane.Mutations;

namespace NetControl.ControlPlane.Tests.Mutations;

public sealed class ChangeLogTests
{
    // Reading on from anything that was read before gives every later change once, in order; or says that it cannot.
    [Fact]
    public void AnyReader_GetsEveryChangeOnce_OrIsToldToListAgain() =>
        Gen.Select(Gen.Int[1, 8], Gen.Int[0, 5].List[1, 60]).Sample((capacity, sizes) =>
        {
            ChangeLog log = new(capacity);
            List<(long Sequence, string Name)> all = [];
            for (int i = 0; i < sizes.Count; i++)
            {
                (string, object?, object?, bool)[] changes =
                    [.. Enumerable.Range(0, sizes[i]).Select(n => ($"proxies/p{i}-{n}", (object?)null, (object?)"x", false))];
                log.Append(changes);
                all.AddRange(changes.Select(c => (log.Sequence, c.Item1)));
            }

            for (long after = 0; after <= log.Sequence; after++)
            {
                List<ResourceChange> read = [];
                if (log.TryRead(after, read, out long upTo))
                {
                    Assert.Equal(log.Sequence, upTo);
                    Assert.Equal(all.Where(c => c.Sequence > after), read.Select(c => (c.Sequence, c.Name)));
                }
                else
                {
                    Assert.Empty(read);
                }
            }

            Assert.True(log.TryRead(log.Sequence - 1, [], out _), "the last change is always remembered");
            Assert.False(log.TryRead(log.Sequence + 1, [], out _), "what was never given cannot be gone on from");
        });
}
