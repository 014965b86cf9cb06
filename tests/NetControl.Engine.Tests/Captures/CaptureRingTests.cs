using CsCheck;
using NetControl.Engine.Captures;

namespace NetControl.Engine.Tests.Captures;

public sealed class CaptureRingTests
{
    [Fact]
    public void Record_IsAMultipleOfEight() =>
        Assert.Equal(CaptureRecord.Size, System.Runtime.CompilerServices.Unsafe.SizeOf<CaptureRecord>());

    [Fact]
    public void AnyOrderOfWritesAndReads_GivesEveryPacketOnceInOrder() =>
        Gen.Int[-3, 700].Array[0, 200].Sample(steps =>
        {
            CaptureRing ring = new(2048);
            Queue<byte[]> model = new();
            byte next = 0;
            foreach (int step in steps)
            {
                if (step >= 0)
                {
                    if (ring.TryReserve(step, out long position))
                    {
                        ring.DataAt(position).Fill(++next);
                        ring.RecordAt(position).Void = step % 7 == 0;
                        ring.Publish();
                        if (step % 7 != 0)
                        {
                            model.Enqueue([.. Enumerable.Repeat(next, step)]);
                        }
                    }

                    continue;
                }

                Assert.Equal(model.Count > 0, Read(ring, model));
            }

            while (Read(ring, model))
            {
            }

            Assert.Empty(model);
        });

    [Fact]
    public void Unpublished_IsNotSeen()
    {
        CaptureRing ring = new(1024);
        Assert.True(ring.TryReserve(10, out _));
        Assert.False(ring.TryPeek(out _));
        ring.Publish();
        Assert.True(ring.TryPeek(out _));
    }

    [Fact]
    public async Task TwoThreads_WithAFullRing_LoseNothingThatWasTaken()
    {
        CaptureRing ring = new(8192);
        const int Count = 200_000;
        Task<long> writer = Task.Run(() =>
        {
            long written = 0;
            for (int i = 0; i < Count; i++)
            {
                if (ring.TryReserve(8 + (i % 300), out long position))
                {
                    BitConverter.TryWriteBytes(ring.DataAt(position), ++written);
                    ring.Publish();
                }
                else
                {
                    Thread.Yield();
                }
            }

            return written;
        });
        long read = 0;
        while (true)
        {
            bool done = writer.IsCompleted;
            while (ring.TryPeek(out long position))
            {
                Assert.Equal(++read, BitConverter.ToInt64(ring.DataAt(position)));
                ring.Advance(position);
            }

            if (done)
            {
                break;
            }
        }

        Assert.Equal(await writer, read);
    }

    private static bool Read(CaptureRing ring, Queue<byte[]> model)
    {
        if (!ring.TryPeek(out long position))
        {
            return false;
        }

        Assert.Equal(model.Dequeue(), ring.DataAt(position).ToArray());
        ring.Advance(position);
        return true;
    }
}
