using System.Buffers.Binary;
using System.IO.Pipelines;
using Google.Protobuf;
using Microsoft.AspNetCore.Http.Features;

namespace NetControl.Server.Gateway;

/// <summary>A gRPC request as the pipeline behind the gateway sees it, made from an HTTP request's parts.</summary>
internal sealed class InnerRequest : IHttpRequestFeature, IRequestBodyPipeFeature, IHttpRequestBodyDetectionFeature
{
    // What describes the outer body and how it was sent, not the caller.
    private static readonly string[] s_outerOnly =
    [
        "Accept", "Accept-Encoding", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Expect", "Keep-Alive",
        "Transfer-Encoding", "Upgrade", "grpc-encoding", "grpc-accept-encoding",
    ];

    public InnerRequest(IHttpRequestFeature outer, string path, IMessage message)
    {
        Scheme = outer.Scheme;
        Path = path;
        HeaderDictionary headers = [];
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in outer.Headers)
        {
            headers[name] = values;
        }

        foreach (string name in s_outerOnly)
        {
            headers.Remove(name);
        }

        headers["Content-Type"] = "application/grpc";
        headers["TE"] = "trailers";
        Headers = headers;
        Body = new MemoryStream(Frame(message), writable: false);
        Reader = PipeReader.Create(Body);
    }

    public string Protocol { get; set; } = "HTTP/2";

    public string Scheme { get; set; }

    public string Method { get; set; } = HttpMethods.Post;

    public string PathBase { get; set; } = "";

    public string Path { get; set; }

    public string QueryString { get; set; } = "";

    public string RawTarget { get => Path; set => Path = value; }

    public IHeaderDictionary Headers { get; set; }

    public Stream Body { get; set; }

    public PipeReader Reader { get; }

    public bool CanHaveBody => true;

    // Not compressed, the length, the message.
    private static byte[] Frame(IMessage message)
    {
        int length = message.CalculateSize();
        byte[] frame = new byte[FrameReader.HeaderBytes + length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), length);
        message.WriteTo(frame.AsSpan(FrameReader.HeaderBytes));
        return frame;
    }
}
