namespace NetControl.Transport.Tests;

/// <summary>Runs a test as a loop would: on a thread of its own, without the test runner's synchronization context.</summary>
internal static class LoopThread
{
    public static void Run(Action test)
    {
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(test));
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }
}
