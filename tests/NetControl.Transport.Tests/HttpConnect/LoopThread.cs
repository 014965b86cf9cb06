namespace NetControl.Transport.Tests.HttpConnect;

/// <summary>Runs a test on a thread without the test runner's synchronization context, as a loop's thread is.</summary>
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
