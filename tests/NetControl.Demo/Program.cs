using NetControl.Demo;

// A sandbox first: everything below happens in a network namespace of its own, and nothing outside it changes.
DemoOptions? options = DemoOptions.Parse(args);
if (options is null)
{
    return DemoOptions.Usage();
}

if (!Sandbox.IsInside)
{
    return Sandbox.Enter(args);
}

try
{
    Sandbox.BringUp();
    await using DemoWorld world = await DemoWorld.StartAsync();
    await new Story(world, options).TellAsync();
    return 0;
}
catch (DemoException e)
{
    await Console.Error.WriteLineAsync($"\ndemo: {e.Message}");
    return 1;
}
