using MedSam2.NetworkTestSupport;
using MedSam2.TestSupport;
using MedSam2.Training.Data;
using MedSam2.Training.Fitting;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Training.Tests.Fitting;

/// <summary>Counts the tensors of the whole process, since a trainer works on threads of its own: no other test runs meanwhile.</summary>
[Collection(nameof(TrainerMemoryTests))]
public class TrainerMemoryTests
{
    [Fact]
    public void Steps_leave_no_tensor_behind()
    {
        using var model = FormulaModel.Create("toy");
        using var folder = new TemporaryFolder();
        var batches = new RandomisedBatches(new() { Size = 128, SlicesPerStep = 3, MaxObjects = 2, Lengths = [3] }, _ => 0);

        Assert.Equal(CountAfter(steps: 2), CountAfter(steps: 5));

        long CountAfter(int steps)
        {
            using (var trainer = new Trainer(model, batches, new() { Steps = steps, WarmUp = 1 }))
                trainer.Run(folder.File(steps.ToString()), _ => { }, CancellationToken.None);
            GC.Collect(); // what the tests before left to their finalizers is none of this one's
            GC.WaitForPendingFinalizers();
            return Tensor.TotalCount;
        }
    }
}

[CollectionDefinition(nameof(TrainerMemoryTests), DisableParallelization = true)]
public sealed class TrainerMemoryCollection;
