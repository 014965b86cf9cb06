using System.Globalization;
using NetControl.Protocol.V1;
using NetControl.Server.Tests.Model;

namespace NetControl.Server.Tests;

/// <summary>Many callers change the same few things at once, over a line that loses answers, while the server dies and comes back: whatever
/// happened must be what the reference model does one after the other.</summary>
/// <remarks><c>NETCONTROL_SEED</c> repeats a run's choices (not its timing), <c>NETCONTROL_ASKS</c> says how many requests each caller makes.</remarks>
public sealed class ConcurrentCallersTests
{
    private const int Callers = 8;

    [Fact]
    public async Task Callers_WithRetries_AcrossRestarts_SeeOneHistory()
    {
        int seed = Number("NETCONTROL_SEED", Random.Shared.Next());
        int asks = Number("NETCONTROL_ASKS", 150);
        string folder = Directory.CreateTempSubdirectory("netcontrol-model-").FullName;
        try
        {
            await RunAsync(new Random(seed), asks, Path.Combine(folder, "state.db"));
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"NETCONTROL_SEED={seed}: {e.Message}", e);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task RunAsync(Random random, int asks, string path)
    {
        List<Life> lives = [await NextAsync()];
        Caller[] callers = [.. Enumerable.Range(0, Callers).Select(_ => new Caller(new Random(random.Next()), lives[0]))];
        Task done = Task.WhenAll(callers.Select(caller => Task.Run(() => caller.RunAsync(asks))));
        while (await Task.WhenAny(done, lives[^1].Died) != done)
        {
            await lives[^1].EndAsync();
            Life next = await NextAsync();
            lives[^1].GoOn(next);
            lives.Add(next);
        }

        await done;
        GetConfigurationResponse end = await lives[^1].Server.Configuration.GetConfigurationAsync(new GetConfigurationRequest());
        await lives[^1].EndAsync();
        History history = new(callers.SelectMany(caller => caller.Deeds), lives);
        history.Check(end.Generation);
        Assert.Equal(
            history.Last.Items.Values.Select(item => item.ToWish()),
            Item.OfDocument(end.Configuration).Select(item => item.ToWish()).OrderBy(item => item.Name, StringComparer.Ordinal));
        Assert.True(lives.Count > 1 && history.Causes > asks, "too little happened for this to say anything");
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{callers.Sum(c => c.Deeds.Count)} requests, {history.Causes} changes, {lives.Count} lives"));

        Task<Life> NextAsync() => Life.BeginAsync(path, random.Next(20, 120), (DyingStore.Death)random.Next(3));
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number) ? number : otherwise;
}
