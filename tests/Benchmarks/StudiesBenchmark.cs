using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using FellowOakDicom;
using MedSam2.Studies.Series;
using MedSam2.Studies.Store;
using MedSam2.Studies.Store.Query;

namespace MedSam2.Benchmarks;

/// <summary>Times the way from a series to a volume, and searches in a large store.</summary>
internal static class StudiesBenchmark
{
    private const int Slices = 500;
    private const int Size = 512;
    private const int Instances = 100_000;
    private const int InstancesOfSeries = 100;
    private const int SeriesOfStudy = 4;

    public static void Read() => InFolder("series", "store", ReadSeries);

    public static void Search() => InFolder("many", "index", Search);

    private static void InFolder(string files, string data, Action<string, string> measure)
    {
        var folder = Directory.CreateTempSubdirectory("studies-benchmark");
        try
        {
            Machine.Report();
            measure(folder.CreateSubdirectory(files).FullName, folder.CreateSubdirectory(data).FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void ReadSeries(string folder, string data)
    {
        var files = BenchmarkSeries.Write(folder, Slices, Size);
        Report($"{"",-34}{"median ms",12}{"spread",9}{"CPU ms",9}{"of copy",9}{"allocated",12}");
        Measure("copy the files' bytes", () => CopyAll(files), null);
        var copy = Measure("copy them into a new volume", () => CopyToVolume(files), null);
        Measure("read as a volume", () => new SeriesReader().ReadFiles(files), copy);

        using var store = StudyStore.OpenAsync(new() { DataFolder = data }).GetAwaiter().GetResult();
        var clock = Stopwatch.StartNew();
        StoreAll(store, files).GetAwaiter().GetResult();
        Report($"{"store, flushed to disk (once)",-34}{clock.Elapsed.TotalMilliseconds,12:f0}");
        Measure("read as a volume from the store", () =>
        {
            var instances = store.FindInstancesAsync(new InstanceKey("2.25.2", "2.25.3")).GetAwaiter().GetResult();
            new SeriesReader().ReadFiles([.. instances.Select(i => i.Path)]);
        }, copy);
        if (Run("dcmdump", ["--load-all", "--search", "PixelData", .. files]) is { } dump)
            Report($"{"dcmdump, all files (once)",-34}{dump.TotalMilliseconds,12:f0}");
    }

    private static void Search(string folder, string data)
    {
        for (var n = 0; n < Instances; n++)
        {
            var series = n / InstancesOfSeries;
            var study = series / SeriesOfStudy;
            var image = BenchmarkSeries.Image($"2.25.{study + 1}", $"2.25.{study + 1}.{series + 1}", $"2.25.{study + 1}.{series + 1}.{n + 1}", n % InstancesOfSeries, 2, new ushort[4]);
            image.Add(DicomTag.PatientName, $"Name^{study}");
            image.Add(DicomTag.StudyDate, $"2020{1 + (study % 12):00}{1 + (study % 28):00}");
            new DicomFile(image).Save(Path.Combine(folder, $"{n}"));
        }

        var options = new StudyStoreOptions { DataFolder = data, ServedFolder = folder };
        var clock = Stopwatch.StartNew();
        StudyStore.OpenAsync(options).GetAwaiter().GetResult().Dispose();
        Report($"{Instances} instances: {clock.Elapsed.TotalSeconds:f1} s to index, ");
        clock.Restart();
        using var store = StudyStore.OpenAsync(options).GetAwaiter().GetResult();
        Report($"{clock.Elapsed.TotalSeconds:f1} s to open again");

        Report($"{"",-34}{"median ms",12}{"spread",9}{"CPU ms",9}{"",9}{"allocated",12}");
        void Query(string what, StudyQuery query) => Measure(what, () => store.QueryAsync(query).GetAwaiter().GetResult(), null);
        Query("one series by UID", new(QueryLevel.Series) { Filters = [new(DicomTag.SeriesInstanceUID, "2.25.100.400")] });
        Query("series of a study", new(QueryLevel.Series) { StudyInstanceUid = "2.25.100" });
        Query("all 1000 series by modality", new(QueryLevel.Series) { Filters = [new(DicomTag.Modality, "CT")] });
        Query("instances of a series", new(QueryLevel.Instance) { StudyInstanceUid = "2.25.100", SeriesInstanceUid = "2.25.100.400" });
        Query("studies by name", new(QueryLevel.Study) { Filters = [new(DicomTag.PatientName, "*12*")] });
        Query("studies by date", new(QueryLevel.Study) { Filters = [new(DicomTag.StudyDate, "20200601-20200630")] });
        Query("a page of all instances", new(QueryLevel.Instance) { Offset = Instances / 2, Limit = 25 });
    }

    private static void CopyAll(string[] files) => Parallel.ForEach(
        files,
        () => (Read: new byte[1 << 20], Copy: new byte[1 << 20]),
        (path, _, buffers) =>
        {
            using var file = File.OpenHandle(path);
            for (long at = 0; RandomAccess.Read(file, buffers.Read, at) is var count and > 0; at += count)
                buffers.Read.AsSpan(0, count).CopyTo(buffers.Copy);
            return buffers;
        },
        _ => { });

    /// <summary>What reading a volume cannot do without: memory that is new to the process, and the bytes in it.</summary>
    private static void CopyToVolume(string[] files)
    {
        const int Slice = Size * Size * sizeof(short);
        var volume = new byte[(long)Slice * files.Length];
        Parallel.For(0, files.Length, n =>
        {
            using var file = File.OpenHandle(files[n]);
            var at = RandomAccess.GetLength(file) - Slice;
            for (int done = 0, count; done < Slice && (count = RandomAccess.Read(file, volume.AsSpan((n * Slice) + done, Slice - done), at + done)) > 0; done += count)
            {
                // Until the slice is full.
            }
        });
    }

    private static async Task StoreAll(StudyStore store, string[] files)
    {
        await using var batch = store.BeginBatch();
        foreach (var path in files)
        {
            await using var file = File.OpenRead(path);
            await batch.AddAsync(file, study: null, CancellationToken.None);
        }

        await batch.CommitAsync(CancellationToken.None);
    }

    private static TimeSpan? Run(string program, IEnumerable<string> arguments)
    {
        try
        {
            var clock = Stopwatch.StartNew();
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return clock.Elapsed;
        }
        catch (Win32Exception)
        {
            // Not installed: there is nothing to compare with.
            return null;
        }
    }

    private static TimeSpan Measure(string what, Action action, TimeSpan? limit)
    {
        var timing = Stopwatches.Measure(action);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        action();
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        var share = limit is { } fastest ? (fastest / timing.Median).ToString("p0", CultureInfo.InvariantCulture) : "";
        Report($"{what,-34}{timing.Median.TotalMilliseconds,12:f1}{timing.Spread,9:p0}{timing.Processor.TotalMilliseconds,9:f1}{share,9}{allocated / 1e6,9:f1} MB");
        return timing.Median;
    }

    private static void Report(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
