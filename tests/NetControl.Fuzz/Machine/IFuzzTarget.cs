namespace NetControl.Fuzz.Machine;

/// <summary>A function of bytes that must keep its promises whatever the bytes are.</summary>
internal interface IFuzzTarget
{
    /// <summary>Inputs to begin with: small, and each for a reason.</summary>
    IEnumerable<(string Name, byte[] Input)> Seeds();

    /// <summary>Runs one input from a fresh state.</summary>
    /// <exception cref="Exception">A promise was broken.</exception>
    void Run(ReadOnlySpan<byte> input);
}
