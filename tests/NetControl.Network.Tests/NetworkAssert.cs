namespace NetControl.Network.Tests;

/// <summary>Assertions in the words of the packet seams.</summary>
internal static class NetworkAssert
{
    public static void Closed(Action action) => Fails(NetworkError.Closed, action);

    public static void Fails(NetworkError error, Action action) => Assert.Equal(error, Assert.Throws<NetworkException>(action).Error);
}
