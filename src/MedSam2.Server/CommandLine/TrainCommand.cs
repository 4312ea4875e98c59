using System.CommandLine;
using MedSam2.Imaging.Geometry;
using MedSam2.Server.FineTuning;
using MedSam2.Server.Method;
using MedSam2.Training.Data.Augmentation;
using MedSam2.Training.FineTuning;

namespace MedSam2.Server.CommandLine;

/// <summary>The verb <c>train</c>.</summary>
internal static class TrainCommand
{
    private static readonly FineTuneOptions Defaults = new();

    /// <param name="configuration">The configuration keys that a command line sets.</param>
    public static Command Create(Func<ParseResult, string[]> configuration)
    {
        var (images, labels, merge, patient) = Labelled(isRequired: false);
        var output = new Option<string>("--output") { HelpName = "DIR", Required = true, Description = "The run's folder: checkpoints, curves (CSV, PNG, TensorBoard) and in the end the model. Called again with the same folder the run goes on where it was." };
        var json = new Option<bool>("--json") { Description = "Print the result as JSON." };
        var promote = new Option<bool>("--promote") { Description = "Keep the trained network as a version in the data folder, and serve it if it beats the one that is served by then on the validation images." };
        var parts = VerbOptions.Choice("--parts", "What learns: WithoutEncoder is fast, Adapters suits small data, All needs much.", Defaults.Trainer.Parts);
        var steps = VerbOptions.Number("--steps", "Optimiser steps.", Defaults.Trainer.Steps, 1, 10_000_000);
        var accumulate = VerbOptions.Number("--accumulate", "Batches whose gradients are added up for a step.", Defaults.Trainer.Accumulate, 1, 1000);
        var rate = VerbOptions.Real("--learning-rate", "RATE", "Highest learning rate of the cosine.", Defaults.Trainer.LearningRate, 1e-9, 1);
        var warmUp = VerbOptions.Number("--warm-up", "Steps over which it rises.", Defaults.Trainer.WarmUp, 0, 1_000_000);
        var decay = VerbOptions.Real("--weight-decay", "SHARE", "AdamW's decay.", Defaults.Trainer.WeightDecay, 0, 1);
        var every = VerbOptions.Number("--checkpoint-every", "Steps between checkpoints.", Defaults.Trainer.CheckpointEvery, 1, 1_000_000);
        var rank = VerbOptions.Number("--rank", "Rank of the adapters.", Defaults.Trainer.AdapterRank, 1, 256);
        var slices = VerbOptions.Number("--slices", "Slices of a batch.", Defaults.Batches.SlicesPerBatch, 1, 256);
        var lengths = new Option<int[]>("--lengths") { HelpName = "N N ...", Description = $"Slices of the sequences, one of which is drawn for each batch; 1 is a slice alone. Longer ones teach the memory more and take longer. Default: {string.Join(' ', Defaults.Batches.Lengths)}.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [.. Defaults.Batches.Lengths] };
        var objects = VerbOptions.Number("--objects", "Objects of a sequence at most.", Defaults.Batches.MaxObjects, 1, 64);
        var variants = VerbOptions.Number("--variants", "Variants of each image, the first being the image itself; 0 makes a new one each time, which a frozen encoder then has to encode.", Defaults.Batches.Variants, 0, 1000);
        var plain = new Option<bool>("--no-augmentation") { Description = "Show images as they are." };
        var axes = new Option<SliceAxis[]>("--axes") { HelpName = "K J I", Description = "The stacks that sequences run along. Default: K, as stored.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [.. Defaults.Batches.Axes] };
        var validation = VerbOptions.Real("--validation", "SHARE", "Share of the patients that are asked about and not learnt from.", Defaults.ValidationShare, 0, 0.9);
        var memory = VerbOptions.Number("--memory", "MiB of images in memory, and as many of a frozen encoder's features.", 1024, 1, 1 << 20);
        var disk = VerbOptions.Number("--disk", "MiB of features on disk.", 8192, 0, 1 << 24);
        var bank = VerbOptions.Named("--bank", "What sequences remember while the model learns: name the one that it will track with.", MethodNames.Banks);
        var seed = VerbOptions.Number("--seed", "The same seed gives the same network.", 0, 0, int.MaxValue);

        var command = new Command("train", "Teaches the model from images with labels: those of a folder (--images, --labels), or without one the approved (final) labels of the data folder. It goes on after a kill as if nothing had been, and stops cleanly where the loss or the disk fails.");
        command.Validators.Add(result =>
        {
            var named = new Option[] { images, labels, merge, patient }.Where(option => result.GetResult(option) is { Implicit: false }).ToArray();
            if (named.Length > 0 && (!named.Contains(images) || !named.Contains(labels)))
                result.AddError($"{named[0].Name} belongs to a folder of images: name both --images and --labels, or none of them to learn from the data folder's approved labels.");
        });
        foreach (var option in (Option[])[images, labels, merge, patient, output, json, promote, parts, steps, accumulate, rate, warmUp, decay, every, rank, slices, lengths, objects, variants, plain, axes, validation, memory, disk, bank, seed])
            command.Add(option);
        command.SetAction((parsed, cancellation) => VerbRun.RunAsync(async () =>
        {
            var options = Defaults with
            {
                Trainer = Defaults.Trainer with
                {
                    Parts = parsed.GetValue(parts),
                    Steps = parsed.GetValue(steps),
                    Accumulate = parsed.GetValue(accumulate),
                    LearningRate = parsed.GetValue(rate),
                    WarmUp = parsed.GetValue(warmUp),
                    WeightDecay = parsed.GetValue(decay),
                    CheckpointEvery = parsed.GetValue(every),
                    AdapterRank = parsed.GetValue(rank),
                    Seed = parsed.GetValue(seed),
                    Tracking = new MethodChoice { Bank = parsed.GetValue(bank) }.Over(Defaults.Trainer.Tracking),
                },
                Batches = Defaults.Batches with
                {
                    SlicesPerBatch = parsed.GetValue(slices),
                    Lengths = parsed.GetValue(lengths)!,
                    MaxObjects = parsed.GetValue(objects),
                    Variants = parsed.GetValue(variants),
                    Augmentation = parsed.GetValue(plain) ? AugmentationOptions.None : Defaults.Batches.Augmentation,
                    Axes = parsed.GetValue(axes)!,
                    CacheBytes = (long)parsed.GetValue(memory) << 20,
                    Seed = parsed.GetValue(seed),
                },
                Features = new() { MemoryBytes = (long)parsed.GetValue(memory) << 20, DiskBytes = (long)parsed.GetValue(disk) << 20 },
                ValidationShare = parsed.GetValue(validation),
            };
            var settings = configuration(parsed);
            await using var stored = parsed.GetValue(images) is null ? await ApprovedLabels.OpenAsync(settings, cancellation) : null;
            await TrainRun.RunAsync(
                VerbSettings.Read(settings),
                new(stored?.Images ?? ReadLabelled(parsed, images, labels, merge, patient).Find(), parsed.GetRequiredValue(output), options, parsed.GetValue(promote), parsed.GetValue(json)),
                cancellation);
        }));
        return command;
    }

    /// <summary>The options that name labelled images.</summary>
    /// <param name="isRequired">Whether they must be named.</param>
    internal static (Option<string> Images, Option<string> Labels, Option<bool> Merge, Option<string?> Patient) Labelled(bool isRequired = true) => (
        new("--images") { HelpName = "PATH", Required = isRequired, Description = "Folder of images: NIfTI, NRRD, pictures, folders of DICOM series." },
        new("--labels") { HelpName = "PATH", Required = isRequired, Description = "Folder of labels named like their images (case7.nii.gz, case7_seg.nii.gz, case7/label.nii.gz); it may be the same folder." },
        new("--merge") { Description = "Take all labels of an image as one." },
        new("--patient") { HelpName = "REGEX", Description = "Finds the patient in an image's path below --images: the first group, or the whole match. Default: each image is a patient's own, or the folder that it lies in." });

    internal static LabelledFolder ReadLabelled(ParseResult parsed, Option<string> images, Option<string> labels, Option<bool> merge, Option<string?> patient) =>
        new(parsed.GetRequiredValue(images), parsed.GetRequiredValue(labels), parsed.GetValue(merge), parsed.GetValue(patient));
}
