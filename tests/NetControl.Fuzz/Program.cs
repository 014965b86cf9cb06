using NetControl.Fuzz.Machine;

return FuzzOptions.TryParse(args, out FuzzOptions? options, out string message)
    ? Coverage.IsPresent || options.Blind ? FuzzSession.Run(options) : InstrumentedCopy.Run(args, options)
    : Usage(message);

static int Usage(string message)
{
    Console.Error.WriteLine(message);
    return 2;
}
