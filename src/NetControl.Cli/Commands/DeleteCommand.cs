using System.CommandLine;
using Google.Protobuf;
using Grpc.Core;

namespace NetControl.Cli.Commands;

/// <summary>netctl devices, proxies, delegates and policies delete: nothing differs but the call.</summary>
internal static class DeleteCommand
{
    public static Command Create<TResponse>(
        string collection, string description, Func<Deletion, CommandContext, AsyncUnaryCall<TResponse>> delete)
        where TResponse : IMessage
    {
        Argument<string> name = Common.Name(collection);
        Option<string> etag = Common.Etag();
        Option<bool> force = Common.Force();
        Option<bool> dry = Common.ValidateOnly();
        return new Command("delete", description) { name, etag, force, dry }.Does(async (p, c) =>
        {
            Deletion wish = new(Common.Qualify(collection, p.GetRequiredValue(name)), p.GetRequiredValue(etag), p.GetValue(force),
                Common.RequestId(), p.GetValue(dry));
            TResponse response = await delete(wish, c);
            c.Printer.Print(response, () => $"{wish.Name} deleted\n");
        });
    }
}
