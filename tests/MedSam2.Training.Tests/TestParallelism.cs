using Xunit.Sdk;
using Xunit.v3;

// Dropout draws from the one random state that torch has in a process, and leak tests count all live tensors of the
// process: here one test runs at a time.
[assembly: Parallelization(Mode = ParallelMode.None)]
