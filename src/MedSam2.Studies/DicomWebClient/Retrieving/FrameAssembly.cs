using FellowOakDicom;
using FellowOakDicom.Imaging;
using FellowOakDicom.IO.Buffer;
using MedSam2.Studies.DicomWebClient.Multipart;
using MedSam2.Studies.Store;

namespace MedSam2.Studies.DicomWebClient.Retrieving;

/// <summary>Builds an instance from its metadata, its bulk data and its frames, for archives that give no whole instances.</summary>
internal sealed class FrameAssembly(ArchiveRetrieval retrieval, ArchiveOptions options)
{
    private const int MaxFrames = 100_000;

    /// <summary>Transfer syntaxes of frames that come by media type alone (PS3.18 table 8.7.3-5).</summary>
    private static readonly Dictionary<string, string> Syntaxes = new()
    {
        ["image/jpeg"] = "1.2.840.10008.1.2.4.70",
        ["image/jls"] = "1.2.840.10008.1.2.4.80",
        ["image/jp2"] = "1.2.840.10008.1.2.4.90",
        ["image/dicom-rle"] = "1.2.840.10008.1.2.5",
    };

    /// <exception cref="ArchiveException">The archive does not give all that is needed.</exception>
    public async Task<DicomFile> ReadAsync(InstanceKey key, CancellationToken cancellationToken)
    {
        var metadata = await retrieval.ReadMetadataAsync(key, cancellationToken);
        if (metadata.Count != 1)
            throw Bad("does not describe the instance");
        var described = DicomJsonReader.ToDataset(metadata[0]);
        var frameCount = described.GetSingleValueOrDefault(DicomTag.NumberOfFrames, 1);
        if (frameCount is < 1 or > MaxFrames)
            throw Bad($"claims {frameCount} frames");

        var frames = new List<byte[]>();
        string? syntax = null;
        long bytes = 0;
        await retrieval.ReadFramesAsync(key, frameCount, async part =>
        {
            using var memory = new MemoryStream();
            await part.Content.CopyToAsync(memory, cancellationToken);
            bytes += memory.Length;
            if (bytes > options.InstanceBytes || frames.Count >= frameCount)
                throw new ArchiveException(ArchiveFault.TooLarge, "The archive gives more frames, or larger ones, than the instance may have (setting InstanceMegabytes).");
            syntax ??= SyntaxOf(part.ContentType);
            frames.Add(memory.ToArray());
        }, cancellationToken);
        if (frames.Count != frameCount)
            throw Bad($"gives {frames.Count} of {frameCount} frames");

        var dataset = new DicomDataset(DicomTransferSyntax.Parse(syntax)).NotValidated();
        foreach (var item in described.Where(item => item.Tag.Group != 2 && item.Tag != DicomTag.PixelData))
            dataset.Add(item);
        await FillAsync(dataset, retrieval.MetadataAddress(key), cancellationToken);
        try
        {
            var pixels = DicomPixelData.Create(dataset, true);
            foreach (var frame in frames)
                pixels.AddFrame(new MemoryByteBuffer(frame));
            return new DicomFile(dataset);
        }
        catch (Exception e) when (e is DicomException or ArgumentException or InvalidOperationException)
        {
            throw Bad("describes no image", e);
        }
    }

    /// <summary>Fetches every value that the metadata hold by reference.</summary>
    private async Task FillAsync(DicomDataset dataset, Uri from, CancellationToken cancellationToken)
    {
        foreach (var item in dataset.ToArray())
        {
            if (item is DicomSequence sequence)
            {
                foreach (var inner in sequence.Items)
                    await FillAsync(inner, from, cancellationToken);
            }
            else if (item is DicomElement { Buffer: BulkDataUriByteBuffer bulk })
            {
                if (!Uri.TryCreate(from, bulk.BulkDataUri, out var address))
                    throw Bad("refers to bulk data by an address that is none");
                bulk.Data = await retrieval.ReadBulkDataAsync(address, cancellationToken);
            }
        }
    }

    private static string SyntaxOf(SloppyMediaType type)
    {
        var syntax = type["transfer-syntax"] ?? Syntaxes.GetValueOrDefault(type.Type) ?? DicomTransferSyntax.ExplicitVRLittleEndian.UID.UID;
        return DicomUidText.IsValid(syntax) ? syntax : throw Bad("names a transfer syntax that is no UID");
    }

    private static ArchiveException Bad(string what, Exception? inner = null) => new(ArchiveFault.BadAnswer, $"The archive gives no whole instances, and its answer about single frames {what}.", inner);
}
