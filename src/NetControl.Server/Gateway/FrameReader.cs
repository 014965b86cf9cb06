using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace NetControl.Server.Gateway;

/// <summary>Reads the messages of a gRPC answer: a byte for compression, four for the length, the message.</summary>
internal sealed class FrameReader
{
    public const int HeaderBytes = 5;

    private readonly PipeReader _pipe;
    private readonly MessageParser _parser;

    public FrameReader(PipeReader pipe, MessageDescriptor type)
    {
        _pipe = pipe;
        _parser = type.Parser;
    }

    /// <summary>The next message; null after the last.</summary>
    public async ValueTask<IMessage?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult result = await _pipe.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> buffer = result.Buffer;
            if (TryParse(ref buffer, out IMessage? message))
            {
                _pipe.AdvanceTo(buffer.Start);
                return message;
            }

            _pipe.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                return null;
            }
        }
    }

    private bool TryParse(ref ReadOnlySequence<byte> buffer, out IMessage? message)
    {
        message = null;
        if (buffer.Length < HeaderBytes)
        {
            return false;
        }

        Span<byte> header = stackalloc byte[HeaderBytes];
        buffer.Slice(0, HeaderBytes).CopyTo(header);
        uint length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        if (buffer.Length < HeaderBytes + length)
        {
            return false;
        }

        message = _parser.ParseFrom(buffer.Slice(HeaderBytes, length));
        buffer = buffer.Slice(HeaderBytes + length);
        return true;
    }
}
