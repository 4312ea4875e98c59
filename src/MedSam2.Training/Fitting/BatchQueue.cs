using MedSam2.Training.Data;

namespace MedSam2.Training.Fitting;

/// <summary>Makes the next batches on the thread pool while the device works on the last one; hands them out in order.</summary>
internal sealed class BatchQueue : IDisposable
{
    private const int LeastAhead = 3;
    private readonly IBatchSource source;
    private readonly int end;
    private readonly Queue<Task<TrainingBatch>> queue = new();
    private readonly CancellationTokenSource stop = new();
    private int next;

    public BatchQueue(IBatchSource source, int batchesPerStep, int firstStep, int steps)
    {
        this.source = source;
        next = firstStep * batchesPerStep;
        end = steps * batchesPerStep;
        for (var n = 0; n < Math.Max(LeastAhead, batchesPerStep); n++)
            Enqueue();
    }

    public TrainingBatch Take()
    {
        Enqueue();
        return queue.Dequeue().GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        stop.Cancel();
        foreach (var batch in queue)
        {
            try
            {
                batch.GetAwaiter().GetResult().Dispose();
            }
            catch (Exception) when (stop.IsCancellationRequested)
            {
                // Nobody wants this batch any more, nor to know what kept it from being made.
            }
        }

        stop.Dispose();
    }

    private void Enqueue()
    {
        if (next >= end)
            return;
        var number = next++;
        queue.Enqueue(Task.Run(() => source.Create(number, stop.Token)));
    }
}
