using CsCheck;
using NetControl.Stack.Storage;
using NetControl.Testing.Tcp;

namespace NetControl.Stack.Tests.Storage;

/// <summary>Chunks, the buffer made of them, and the list of ranges, each against a simple model.</summary>
public sealed class StorageTests
{
    [Fact]
    public void Pool_LendsTheLastReturnedFirst_AndCounts()
    {
        ChunkPool pool = new(4 * ChunkPool.ChunkSize, keepBytes: ChunkPool.ChunkSize);
        byte[] a = pool.Rent();
        byte[] b = pool.Rent();
        Assert.False(pool.IsTight);
        byte[] c = pool.Rent();
        Assert.True(pool.IsTight);
        byte[] d = pool.Rent();
        Assert.True(pool.IsOverBudget);
        byte[] e = pool.Rent(); // still lends
        Assert.Equal(5 * ChunkPool.ChunkSize, pool.BytesInUse);
        pool.Return(e);
        pool.Return(d);
        Assert.Same(e, pool.Rent()); // only one is kept
        foreach (byte[] chunk in (byte[][])[a, b, c, e])
        {
            pool.Return(chunk);
        }

        Assert.Equal(0, pool.BytesInUse);
        pool.Trim(0);
        Assert.Equal(0, pool.BytesHeld);
    }

    [Fact]
    public void Buffer_EmptyHoldsNothing()
    {
        ChunkPool pool = new(1 << 20);
        ChunkBuffer buffer = new(pool);
        buffer.Append(new byte[100]);
        Assert.Equal(ChunkPool.ChunkSize, buffer.BytesHeld);
        buffer.Consume(100);
        buffer.ReleaseIfEmpty();
        Assert.Equal(0, pool.BytesInUse);
        Assert.Equal((100, 100), (buffer.Head, buffer.Tail));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 10)]
    [InlineData(0, ChunkPool.ChunkSize)]
    [InlineData(100, 0)]
    [InlineData(100, ChunkPool.ChunkSize - 100)]
    [InlineData(100, 30_000)]
    [InlineData(ChunkPool.ChunkSize, 0)]
    [InlineData(ChunkPool.ChunkSize, 1)]
    public void Commit_KeepsOnlyChunksWithBytes(int before, int received)
    {
        ChunkPool pool = new(1 << 20);
        ChunkBuffer buffer = new(pool);
        buffer.Append(new byte[before]);
        long reserved = 0;
        while (reserved < 60_000)
        {
            buffer.Reserve(reserved, out _, out int count);
            reserved += count;
        }

        buffer.Commit(received, reserved);
        long chunks = (buffer.Length + ChunkPool.ChunkSize - 1) / ChunkPool.ChunkSize;
        Assert.Equal(before + received, buffer.Length);
        Assert.Equal(chunks * ChunkPool.ChunkSize, pool.BytesInUse);
        buffer.Reset();
        Assert.Equal(0, pool.BytesInUse);
    }

    [Fact]
    public void Buffer_AnyUse_KeepsTheStream()
    {
        Gen.Select(Gen.Int[0, 4], Gen.Int[1, 50_000]).Array[1, 60].Sample(static steps =>
        {
            ChunkPool pool = new(1 << 20);
            ChunkBuffer buffer = new(pool);
            foreach ((int kind, int n) in steps)
            {
                byte[] bytes = new byte[n];
                switch (kind)
                {
                    case 0:
                        Pattern.Fill(bytes, buffer.Tail);
                        buffer.Append(bytes);
                        break;
                    case 1:
                        buffer.Consume(Math.Min(n, buffer.Length));
                        buffer.ReleaseIfEmpty();
                        break;
                    case 2 when buffer.Length == 0:
                        buffer.Skip(n);
                        break;
                    case 3:
                        // Ahead first, then what lies before it.
                        Pattern.Fill(bytes, buffer.Tail + 20_000);
                        buffer.WriteAt(buffer.Tail + 20_000, bytes);
                        byte[] gap = new byte[20_000];
                        Pattern.Fill(gap, buffer.Tail);
                        buffer.Append(gap);
                        buffer.ExtendTo(buffer.Tail + n);
                        break;
                    case 4:
                        byte[] chunk = buffer.Reserve(0, out int at, out int count);
                        int received = Math.Min(n, count);
                        Pattern.Fill(chunk.AsSpan(at, received), buffer.Tail);
                        buffer.Commit(received, count);
                        break;
                }

                Check(buffer);
                long chunks = buffer.Length == 0 ? 0 : ((buffer.Tail - 1) / ChunkPool.ChunkSize) - (buffer.Head / ChunkPool.ChunkSize) + 1;
                Assert.Equal(chunks * ChunkPool.ChunkSize, buffer.BytesHeld);
                Assert.Equal(buffer.BytesHeld, pool.BytesInUse);
            }

            buffer.Reset();
            Assert.Equal(0, pool.BytesInUse);
        }, iter: 200, threads: 1);
    }

    [Fact]
    public void Assembler_AnyRanges_AgreesWithASetOfBytes()
    {
        Gen.Select(Gen.Int[0, 400], Gen.Int[0, 30], Gen.Bool).Array[1, 80].Sample(static steps =>
        {
            Assembler assembler = new();
            HashSet<long> model = [];
            long head = 0;
            foreach ((int start, int length, bool advance) in steps)
            {
                if (advance && length > 25)
                {
                    head += length;
                    head = assembler.Advance(head);
                    model.RemoveWhere(b => b < head);
                    continue;
                }

                if (start <= head)
                {
                    continue;
                }

                Assert.Equal(Enumerable.Range(start, length).All(b => model.Contains(b)), length == 0 || assembler.Contains(start, start + length));
                bool touches = assembler.CanAdd(start, start + length);
                Assert.Equal(touches, assembler.Add(start, start + length));
                if (touches)
                {
                    model.UnionWith(Enumerable.Range(start, length).Select(static b => (long)b));
                }

                if (length > 0 && touches)
                {
                    (long s, long e) = assembler.Ranges[assembler.Latest];
                    Assert.True(s <= start && e >= start + length);
                }
            }

            long[] flat = [.. assembler.Ranges.ToArray().SelectMany(static r => Enumerable.Range((int)r.Start, (int)(r.End - r.Start))).Select(static b => (long)b)];
            Assert.Equal(model.Order(), flat);
        }, iter: 500, threads: 1);
    }

    [Fact]
    public void Assembler_Full_TakesOnlyWhatTouches()
    {
        Assembler assembler = new();
        for (int i = 1; i <= Assembler.MaxRanges; i++)
        {
            Assert.True(assembler.Add(i * 100, (i * 100) + 10));
        }

        Assert.False(assembler.CanAdd(150, 160));
        Assert.False(assembler.Add(150, 160));
        Assert.True(assembler.CanAdd(110, 120));
        Assert.True(assembler.CanAdd(190, 200));
        Assert.True(assembler.Add(110, 200));
        Assert.Equal(Assembler.MaxRanges - 1, assembler.Count);
    }

    private static void Check(ChunkBuffer buffer)
    {
        for (long at = buffer.Head; at < buffer.Tail;)
        {
            ReadOnlySpan<byte> piece = buffer.Peek(at, (int)(buffer.Tail - at));
            Assert.True(Pattern.Matches(piece, at));
            Assert.True(piece.SequenceEqual(buffer.PeekChunk(at, (int)(buffer.Tail - at), out int offset, out int count).AsSpan(offset, count)));
            at += piece.Length;
        }
    }
}
