using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using MedSam2.Imaging.Formats;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Inference.Preprocessing;
using MedSam2.Server.Hosting;
using MedSam2.Studies.Datastore;
using MedSam2.Studies.Pixels;
using MedSam2.Studies.Series;

namespace MedSam2.Server.Demo;

/// <summary>
/// The main job, unattended: a server of its own, and a client that talks to it over HTTP alone. A box on the slice where the
/// structure is largest becomes the mask of the whole volume, is stored as DICOM SEG, fetched back, and measured.
/// </summary>
internal sealed class DemoRun(DemoClient client, DemoTruth truth, string picture)
{
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(DemoArguments arguments, CancellationToken cancellation)
    {
        using var data = arguments.NamesData ? null : new DemoFolder();
        string[] configuration = ["--urls=http://127.0.0.1:0", .. data is null ? [] : new[] { $"--MedSam2:Data={data.Path}" }, "--Logging:LogLevel:MedSam2=Warning", .. arguments.Configuration];
        try
        {
            // Before the server starts: what the arguments lack is told at once.
            var truth = DemoTruth.Create(arguments, cancellation);
            await using var app = await ServerRun.StartAsync(configuration, cancellation);
            using var client = new DemoClient(new Uri(app.Urls.First()));
            await new DemoRun(client, truth, arguments.Picture).RunAsync(cancellation);
            await app.StopAsync(cancellation);
            return 0;
        }
        catch (OperationCanceledException)
        {
            return ServerRun.Interrupted;
        }
        catch (Exception exception) when (exception is DemoException or ImageFormatException or SeriesException or HttpRequestException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }
        catch (Exception exception) when (StartUpFault.Describe(exception) is { } lines)
        {
            foreach (var line in lines)
                await Console.Error.WriteLineAsync(line);
            return 1;
        }
    }

    private async Task RunAsync(CancellationToken cancellation)
    {
        await client.WaitForDemoStudyAsync(cancellation);
        var (study, series) = await client.FindSeriesAsync(truth.Series, cancellation);
        var image = new SeriesReader().Read(await client.RetrieveAsync(study, series, cancellation), cancellation);
        var geometry = image.Volume.Geometry;
        Say("series", $"{series} ({image.Volume.Modality}, {geometry.Columns} x {geometry.Rows} x {geometry.Slices})");

        var labels = truth.On(geometry);
        var (slice, _) = labels.LargestSlice(SliceAxis.K, truth.Label);
        var box = PixelBox.Around(labels.ReadSlice(SliceAxis.K, slice, truth.Label).Pixels, geometry.Columns);
        Say("prompt", $"a box of {box.Width} x {box.Height} pixels on slice {slice}, around {truth.Name}");

        var prompt = new JsonObject
        {
            ["roi"] = new JsonArray(box.X, box.X + box.Width - 1, box.Y, box.Y + box.Height - 1, slice, slice),
            ["label"] = truth.Name,
            ["result_extension"] = ".nii.gz",
        };
        var start = Stopwatch.GetTimestamp();
        await client.InferAsync("medsam2_2d", series, prompt, cancellation);
        var first = Stopwatch.GetElapsedTime(start);
        start = Stopwatch.GetTimestamp();
        await client.InferAsync("medsam2_2d", series, prompt, cancellation);
        Say("first mask ms", $"{first.TotalMilliseconds:F0} (a series not opened before; {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} once it is)");

        prompt["save_label"] = true;
        prompt["label_tag"] = DatastoreLabel.Final; // which the archive gets as a SEG
        start = Stopwatch.GetTimestamp();
        var (result, file) = await client.InferAsync("medsam2", series, prompt, cancellation);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var mask = ImageFile.ReadLabelMap(file, cancellation: cancellation);
        Say("slices/s", $"{geometry.Slices / seconds:F1} ({geometry.Slices} slices in {seconds:F1} s, from request to mask)");

        var stored = await FetchAsync(image, result["stored"], cancellation);
        if (!stored.Labels.AsSpan().SequenceEqual(mask.Labels))
            throw new DemoException("The DICOM SEG that came back holds other voxels than the mask.");
        Say("stored", $"DICOM SEG {result["stored"]!["SOPInstanceUID"]}, fetched back over DICOMweb with the same voxels");
        Draw(image.Volume, stored, labels, new(SliceAxis.K, slice, [], new(box.X, box.Y, box.X + box.Width - 1, box.Y + box.Height - 1)));
        Say("picture", picture);
        Say("Dice", Overlap.Dice(stored, 1, labels, truth.Label).ToString("F3", CultureInfo.InvariantCulture));
    }

    private void Draw(Volume volume, LabelMap mask, LabelMap labels, SlicePrompt prompt)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(picture)!);
        ContactSheet.Draw(volume, WindowSelection.For(volume), new(mask, 1), new(labels, truth.Label), prompt, picture);
    }

    /// <summary>The stored segmentation, laid onto its series.</summary>
    private async Task<LabelMap> FetchAsync(SeriesVolume image, JsonNode? stored, CancellationToken cancellation)
    {
        if (stored is null)
            throw new DemoException("The server did not store the mask.");
        var files = await client.RetrieveAsync(stored["StudyInstanceUID"]!.GetValue<string>(), stored["SeriesInstanceUID"]!.GetValue<string>(), cancellation);
        var aligned = SegmentationFrames.Open(files[0].Dataset).AlignTo(image.SourceHeaders);
        var labels = new LabelMap(image.Volume.Geometry);
        var pixels = aligned.Rows * aligned.Columns;
        var slices = image.SlicesOfSourceFrames();
        for (var n = 0; n < aligned.SliceCount; n++)
        {
            if (slices[n] is { } k)
                aligned.ReadMask(aligned.Segments[0].Number, n, labels.Labels.AsSpan(k * pixels, pixels));
        }

        return labels;
    }

    private static void Say(string what, string value) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what} {value}"));
}
