using System.CommandLine;
using NetControl.Cli.Output;
using NetControl.Protocol.V1;

namespace NetControl.Cli.Commands;

/// <summary>netctl accounting.</summary>
internal static class AccountingCommand
{
    public static Command Create() =>
        new Command("accounting", "The books of all sessions since the server started, in one consistent cut.").Does(async (_, c) =>
        {
            GetAccountingResponse books = await new SessionService.SessionServiceClient(c.Invoker).GetAccountingAsync(
                new GetAccountingRequest(), cancellationToken: c.Cancellation);
            c.Printer.Print(books, () => Tables.Of(books));
        });
}
