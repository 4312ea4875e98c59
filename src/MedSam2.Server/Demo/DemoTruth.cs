using System.Globalization;
using MedSam2.Imaging.Formats;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Training.Synthetic.Abdomen;

namespace MedSam2.Server.Demo;

/// <summary>What the demo measures against: one structure of a label map.</summary>
/// <param name="labels">All structures; made when they are wanted.</param>
/// <param name="label">The one to segment.</param>
/// <param name="name">What it is called.</param>
/// <param name="series">The series that the labels belong to; null for the first that there is.</param>
internal sealed class DemoTruth(Lazy<LabelMap> labels, byte label, string name, string? series)
{
    public byte Label => label;

    public string Name => name;

    public string? Series => series;

    /// <exception cref="DemoException">The arguments do not fit together.</exception>
    public static DemoTruth Create(DemoArguments arguments, CancellationToken cancellation)
    {
        if (arguments.Labels is null)
        {
            if (arguments.NamesStudies)
                throw new DemoException("With --studies the demo needs what to measure against: --labels FILE and --label VALUE.");
            var label = arguments.Label ?? AbdominalLabels.Liver;
            return AbdominalLabels.Names.TryGetValue(label, out var name)
                ? new DemoTruth(new(() => DemoStudy.Create(cancellation: cancellation).Labels), label, name, DemoStudy.SeriesInstanceUidOf())
                : throw new DemoException($"The demo study has no label {label}. It has {string.Join(", ", AbdominalLabels.Names.Select(known => $"{known.Key} {known.Value}"))}.");
        }

        if (arguments.Label is not > 0)
            throw new DemoException("--labels needs --label: the value of the structure to segment (1 to 255).");
        if (!File.Exists(arguments.Labels))
            throw new DemoException($"The file of --labels does not exist: {arguments.Labels}");
        var file = ImageFile.ReadLabelMap(arguments.Labels, cancellation: cancellation);
        if (!file.Labels.AsSpan().Contains(arguments.Label.Value))
            throw new DemoException($"The labels hold no voxel with the value {arguments.Label}: choose another with --label.");
        return new DemoTruth(new(file), arguments.Label.Value, string.Create(CultureInfo.InvariantCulture, $"label {arguments.Label}"), null);
    }

    /// <summary>The labels in the order of an image's voxels.</summary>
    public LabelMap On(VolumeGeometry grid) => labels.Value.LayOnto(grid);
}
