using Google.Protobuf;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace NetControl.Server.Services;

/// <summary>Binds the methods of one gRPC service to what <see cref="ApiFacade"/> answers.</summary>
internal readonly struct MethodBinder(ServiceMethodProviderContext<ApiFacade> context, string service)
{
    /// <summary>One request, one response.</summary>
    public void Unary<TRequest, TResponse>(string name, MessageParser<TRequest> request, MessageParser<TResponse> response,
        UnaryServerMethod<ApiFacade, TRequest, TResponse> answer)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        context.AddUnaryMethod(Describe(MethodType.Unary, name, request, response), [], answer);

    /// <summary>One request, many responses.</summary>
    public void ServerStreaming<TRequest, TResponse>(string name, MessageParser<TRequest> request, MessageParser<TResponse> response,
        ServerStreamingServerMethod<ApiFacade, TRequest, TResponse> answer)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        context.AddServerStreamingMethod(Describe(MethodType.ServerStreaming, name, request, response), [], answer);

    /// <summary>Many of both.</summary>
    public void Duplex<TRequest, TResponse>(string name, MessageParser<TRequest> request, MessageParser<TResponse> response,
        DuplexStreamingServerMethod<ApiFacade, TRequest, TResponse> answer)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        context.AddDuplexStreamingMethod(Describe(MethodType.DuplexStreaming, name, request, response), [], answer);

    private Method<TRequest, TResponse> Describe<TRequest, TResponse>(MethodType type, string name, MessageParser<TRequest> request,
        MessageParser<TResponse> response)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        new(type, service, name, MarshallerOf(request), MarshallerOf(response));

    private static Marshaller<T> MarshallerOf<T>(MessageParser<T> parser)
        where T : class, IMessage<T> =>
        new(
            static (message, context) =>
            {
                context.SetPayloadLength(message.CalculateSize());
                message.WriteTo(context.GetBufferWriter());
                context.Complete();
            },
            context => parser.ParseFrom(context.PayloadAsReadOnlySequence()));
}
