using BenchmarkDotNet.Running;
using NetControl.Benchmarks.ControlPlane;
using NetControl.Benchmarks.Transport;

if (args is ["streams"])
{
    await StreamTable.PrintAsync();
    return;
}

if (args is ["swaps"])
{
    await SwapTable.PrintAsync();
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
