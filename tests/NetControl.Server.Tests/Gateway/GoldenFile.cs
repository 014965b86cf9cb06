namespace NetControl.Server.Tests.Gateway;

/// <summary>A file of the repository that tests write and hold true.</summary>
internal static class GoldenFile
{
    private const string Update = "NETCONTROL_UPDATE_GOLDEN";

    /// <summary>Compares, or writes where the environment asks for that.</summary>
    /// <param name="path">From the repository's root.</param>
    /// <param name="generated">What it should be.</param>
    public static void Check(string path, string generated)
    {
        string file = Path.GetFullPath(Path.Combine(ProtoComments.Folder, "..", path));
        if (Environment.GetEnvironmentVariable(Update) == "1")
        {
            File.WriteAllText(file, generated);
        }

        Assert.True(File.Exists(file) && generated == File.ReadAllText(file),
            $"{path} is not what it is made from: run the tests once with {Update}=1, and commit what they write");
    }
}
