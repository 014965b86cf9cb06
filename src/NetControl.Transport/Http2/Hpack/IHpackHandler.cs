namespace NetControl.Transport.Http2.Hpack;

/// <summary>Hears the fields of a header block, one by one.</summary>
internal interface IHpackHandler
{
    /// <summary>One field. The bytes are the decoder's and change after the call.</summary>
    void OnField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value);
}
