using MedSam2.Network;
using MedSam2.Network.Runtime;
using MedSam2.Training.Data;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MedSam2.Training.Fitting;

/// <summary>
/// Copies of a network that learn from the batches of one step at the same time, each on a thread of its own: a small network's operations are too
/// short to be shared out among cores. The gradients are added up in a fixed order, so that a step repeats bit for bit, unless something of the network drops out by chance.
/// </summary>
/// <remarks>Every copy's tensors belong to the one thread that works on it in this step.</remarks>
internal sealed class Replicas : IDisposable
{
    private readonly Worker[] workers;
    private readonly int threads = get_num_threads();

    /// <param name="model">What learns; it does its share of the batches itself and gets the gradients of the others.</param>
    /// <param name="count">How many work at once, the model among them.</param>
    /// <param name="forward">Makes the training forward of a copy.</param>
    public Replicas(Sam2Model model, int count, Func<Sam2Model, SequenceForward> forward)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (count > 1 && model.Device.type != TorchSharp.DeviceType.CPU)
            throw new ArgumentException("Several replicas share the cores of a CPU; a GPU works on one at a time.", nameof(count));
        workers = [.. Enumerable.Range(0, count).Select(n => new Worker(n == 0 ? model : Copy(model), forward))];
    }

    /// <summary>Adds the gradients of all batches, each divided by their number, to the model's.</summary>
    /// <param name="batches">Of one step; they stay the caller's.</param>
    /// <param name="step">Named in errors.</param>
    /// <param name="randomOf">Draws the prompts of the n-th batch.</param>
    /// <returns>The mean loss of the batches.</returns>
    /// <exception cref="TrainingException">A loss is no number.</exception>
    public SequenceLoss Run(IReadOnlyList<TrainingBatch> batches, int step, Func<int, Random> randomOf)
    {
        var losses = new SequenceLoss[batches.Count];
        if (workers.Length > 1)
            Distribute();
        var others = workers.Skip(1).Select((worker, n) => Task.Factory.StartNew(
            () => Work(worker, n + 1), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        try
        {
            Work(workers[0], 0);
        }
        finally
        {
            try
            {
                Task.WhenAll(others).GetAwaiter().GetResult(); // none may still learn while its batch is disposed of
            }
            finally
            {
                if (workers.Length > 1)
                    set_num_threads(threads);
            }
        }

        foreach (var worker in workers.Skip(1))
            worker.GiveGradients(workers[0]);
        return SequenceLoss.MeanOf(losses);

        void Work(Worker worker, int first)
        {
            if (workers.Length > 1)
                set_num_threads(Math.Max(1, threads / workers.Length)); // OpenMP keeps it for each thread
            using var flush = new DenormalFlush();
            for (var n = first; n < batches.Count; n += workers.Length)
                losses[n] = worker.Learn(batches[n], batches.Count, step, randomOf(n));
        }
    }

    /// <summary>Puts all copies into training mode.</summary>
    /// <param name="frozenEncoder">But not the encoder: what does not learn must not drop out either.</param>
    public void Train(bool frozenEncoder)
    {
        foreach (var worker in workers)
        {
            worker.Model.train();
            if (frozenEncoder)
                worker.Model.ImageEncoder.eval();
        }
    }

    public void Dispose()
    {
        foreach (var worker in workers.Skip(1))
            worker.Model.Dispose();
    }

    private static Sam2Model Copy(Sam2Model model)
    {
        var copy = new Sam2Model(model.Configuration);
        foreach (var ((_, to), (_, from)) in copy.named_parameters().Zip(model.named_parameters()))
            to.requires_grad = from.requires_grad;
        return copy;
    }

    private void Distribute()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var values = workers[0].Model.state_dict();
        foreach (var worker in workers.Skip(1))
        {
            foreach (var (name, target) in worker.Model.state_dict())
                target.copy_(values[name]);
            foreach (var parameter in worker.Parameters)
                parameter.grad = null;
        }
    }

    private sealed class Worker(Sam2Model model, Func<Sam2Model, SequenceForward> makeForward)
    {
        private readonly SequenceForward forward = makeForward(model);

        public Sam2Model Model { get; } = model;

        public Parameter[] Parameters { get; } = [.. model.parameters()];

        public SequenceLoss Learn(TrainingBatch batch, int batches, int step, Random random)
        {
            using var scope = NewDisposeScope();
            var loss = forward.Run(batch, random);
            if (!double.IsFinite(loss.TotalValue))
                throw new TrainingException($"The loss of step {step} is {loss.TotalValue}: lower the learning rate or the loss weights. The last checkpoint is intact.");
            (loss.Total / batches).backward();
            return loss;
        }

        public void GiveGradients(Worker to)
        {
            using var noGradient = no_grad();
            using var scope = NewDisposeScope();
            foreach (var (from, target) in Parameters.Zip(to.Parameters))
            {
                if (from.grad is not { } gradient)
                    continue;
                if (target.grad is { } sum)
                    sum.add_(gradient);
                else
                    target.grad = gradient.clone();
            }
        }
    }
}
