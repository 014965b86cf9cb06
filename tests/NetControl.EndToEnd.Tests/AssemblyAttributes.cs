// Each test has namespaces of its own, but all share the machine's processors, and some measure memory or time.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
