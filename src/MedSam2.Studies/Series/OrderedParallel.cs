namespace MedSam2.Studies.Series;

/// <summary>A parallel loop whose failure does not depend on chance: of the instances that fail, the first in order is the one reported.</summary>
internal static class OrderedParallel
{
    /// <param name="count">How many.</param>
    /// <param name="body">Done for each index.</param>
    /// <param name="instance">Which of the caller's instances an index is.</param>
    /// <param name="cancellationToken">Stops between them.</param>
    /// <exception cref="SeriesException">The first failure, by index.</exception>
    public static void For(int count, Action<int> body, Func<int, int?> instance, CancellationToken cancellationToken)
    {
        var failures = new SeriesException?[count];
        var options = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
        Parallel.For(0, count, options, (n, loop) =>
        {
            try
            {
                body(n);
            }
            catch (SeriesException e)
            {
                failures[n] = e;
                // Break still runs every lower index, so the lowest failure is always found.
                loop.Break();
            }
        });

        var first = Array.FindIndex(failures, f => f is not null);
        if (first >= 0)
            throw new SeriesException(failures[first]!.Fault, $"Instance {first + 1} of {count}: {failures[first]!.Message}", failures[first]) { Instance = instance(first) };
    }
}
