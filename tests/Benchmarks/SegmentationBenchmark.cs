using System.Globalization;
using Dicom.Segmentation;
using FellowOakDicom;

namespace MedSam2.Benchmarks;

/// <summary>
/// Times writing and reading of a segmentation of ten organs in 500 slices of 512 x 512 beside reading the series' own pixels from
/// files that the machine still has in memory.
/// </summary>
internal static class SegmentationBenchmark
{
    private const int Slices = 500;
    private const int Size = 512;
    private const int Organs = 10;

    public static void Run()
    {
        var folder = Directory.CreateTempSubdirectory("segmentation-benchmark");
        try
        {
            Machine.Report();
            Run(folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Run(string folder)
    {
        var files = BenchmarkSeries.Write(folder, Slices, Size);
        var source = Array.ConvertAll(files, file => DicomFile.Open(file, FileReadOption.SkipLargeTags).Dataset);
        var labels = PaintOrgans();
        Segment[] segments = [.. Enumerable.Range(1, Organs).Select(number => new Segment(number, $"Organ {number}", SegmentedProperty.Tissue))];

        Report($"{"",-34}{"median ms",12}{"spread",9}{"peak memory",13}");
        Measure("read the series' pixels", () =>
        {
            foreach (var file in files)
                _ = DicomFile.Open(file, FileReadOption.ReadAll).Dataset.GetValues<ushort>(DicomTag.PixelData);
        });
        foreach (var encoding in new[] { SegmentationEncoding.Binary, SegmentationEncoding.LabelMap })
        {
            var saved = Path.Combine(folder, $"{encoding}.seg");
            var options = new SegmentationOptions { Encoding = encoding };
            DicomFile Write() => SegmentationWriter.WriteLabels(source, segments, (slice, target) => Copy(labels[slice], target), options);
            var written = Write();
            Measure($"{encoding}: write", () => Write());
            Measure($"{encoding}: save to a file", () => written.Save(saved));
            Report($"{written.Dataset.GetSingleValue<int>(DicomTag.NumberOfFrames)} frames, {new FileInfo(saved).Length / 1e6:f1} MB");

            var target = new ushort[Size * Size];
            Measure($"{encoding}: open and read all labels", () =>
            {
                var aligned = SegmentationReader.Open(DicomFile.Open(saved, FileReadOption.ReadLargeOnDemand).Dataset).AlignTo(source);
                for (var slice = 0; slice < Slices; slice++)
                    aligned.ReadLabels(slice, target);
            });
        }
    }

    private static bool Copy(ushort[] from, Span<ushort> to)
    {
        from.CopyTo(to);
        return true;
    }

    /// <summary>Balls of a kidney's to a liver's size, spread over the slices.</summary>
    private static ushort[][] PaintOrgans()
    {
        var volume = Array.ConvertAll(new ushort[Slices][], _ => new ushort[Size * Size]);
        for (var organ = 0; organ < Organs; organ++)
        {
            var (x, y, z) = (100 + (organ % 4 * 100), 110 + (organ / 4 * 140), 80 + (organ * 37));
            var radius = 35 + (organ * 3);
            for (var slice = Math.Max(0, z - radius); slice < Math.Min(Slices, z + radius); slice++)
            {
                for (var row = y - radius; row <= y + radius; row++)
                {
                    var half = Math.Sqrt(Math.Max(0, (radius * radius) - ((row - y) * (row - y)) - ((slice - z) * (slice - z))));
                    volume[slice].AsSpan((row * Size) + x - (int)half, 2 * (int)half).Fill((ushort)(organ + 1));
                }
            }
        }

        return volume;
    }

    private static void Measure(string what, Action action)
    {
        var timing = Stopwatches.Measure(action);
        var memory = ResidentMemory.PeakGrowth(action);
        Report($"{what,-34}{timing.Median.TotalMilliseconds,12:f0}{timing.Spread,9:p0}{memory / 1e6,10:f0} MB");
    }

    private static void Report(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
