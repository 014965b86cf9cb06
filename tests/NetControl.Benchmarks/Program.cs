using BenchmarkDotNet.Running;
using NetControl.Benchmarks.Transport;

if (args is ["streams"])
{
    await StreamTable.PrintAsync();
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
