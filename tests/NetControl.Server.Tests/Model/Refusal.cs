namespace NetControl.Server.Tests.Model;

/// <summary>The reference model refuses, as the server must.</summary>
internal sealed class Refusal : Exception
{
    public Refusal(string reason)
        : base(reason)
    {
    }
}
