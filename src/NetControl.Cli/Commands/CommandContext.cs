using Grpc.Core;
using Grpc.Net.Client;
using NetControl.Cli.Output;

namespace NetControl.Cli.Commands;

/// <summary>What a command works with: the server, the printer, and the end of patience.</summary>
/// <param name="Invoker">Calls the server.</param>
/// <param name="Printer">Prints answers.</param>
/// <param name="Connect">Looks for the server anew: what was not there may be, at another of the default addresses.</param>
/// <param name="Cancellation">Ctrl-C.</param>
internal sealed record CommandContext(CallInvoker Invoker, Printer Printer, Func<GrpcChannel> Connect, CancellationToken Cancellation);
