using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FellowOakDicom.Imaging;
using FellowOakDicom.Imaging.Codec;
using FellowOakDicom.IO.Writer;
using FellowOakDicom.Serialization;

namespace FellowOakDicom.Tests;

/// <summary>
/// What can be seen of a file through the API, as lines of text: two libraries of the same behaviour write the same. Left out is what is known to
/// differ from fo-dicom 5.1.3, which has a dictionary of private attributes, a codec for lossless JPEG, swaps a big-endian tag as four bytes and
/// not as two words, does not pad what it deflates, and takes hours to transcode a million frames.
/// </summary>
internal static class FileReport
{
    private const int TranscodedFrames = 1000;

    public static string Of(byte[] bytes)
    {
        var lines = new StringBuilder();
        try
        {
            var file = DicomFile.Open(new MemoryStream(bytes), FileReadOption.ReadAll);
            RemovePrivate(file.Dataset, file.Dataset.InternalTransferSyntax == DicomTransferSyntax.ExplicitVRBigEndian);
            Line(lines, $"{file.Format} partial={file.IsPartial} {file.Dataset.InternalTransferSyntax.UID.UID}");
            Items(lines, file.FileMetaInfo, "meta ");
            Items(lines, file.Dataset, "");
            Line(lines, "frames " + Attempt(() => Frames(file.Dataset)));
            Line(lines, "json " + Attempt(() => Hash(Encoding.UTF8.GetBytes(Json(file.Dataset)))));
            Copies(lines, file);
        }
        catch (DicomException)
        {
            lines.Append("refused\n");
        }

        return lines.ToString();
    }

    private static void Copies(StringBuilder lines, DicomFile file)
    {
        var syntax = file.Dataset.InternalTransferSyntax;
        if (syntax.IsDeflate)
            return;
        Line(lines, "saved " + Attempt(() => Saved(file, new DicomWriteOptions())));
        Line(lines, "explicit lengths " + Attempt(() => Saved(file, new DicomWriteOptions { ExplicitLengthSequences = true, ExplicitLengthSequenceItems = true })));
        if (syntax == DicomTransferSyntax.JPEGProcess14 || syntax == DicomTransferSyntax.JPEGProcess14SV1
            || file.Dataset.GetSingleValueOrDefault(DicomTag.NumberOfFrames, 1) > TranscodedFrames)
            return;
        Line(lines, "implicit " + Attempt(() => Saved(file.Clone(DicomTransferSyntax.ImplicitVRLittleEndian), new DicomWriteOptions())));
        RemovePrivate(file.Dataset, withTags: true);
        Line(lines, "big endian " + Attempt(() => Saved(file.Clone(DicomTransferSyntax.ExplicitVRBigEndian), new DicomWriteOptions())));
    }

    private static void RemovePrivate(DicomDataset dataset, bool withTags)
    {
        dataset.Remove(item => item.Tag.IsPrivate || (withTags && item is DicomAttributeTag));
        foreach (var nested in dataset.OfType<DicomSequence>().SelectMany(sequence => sequence.Items))
            RemovePrivate(nested, withTags);
    }

    private static void Items(StringBuilder lines, DicomDataset dataset, string indent)
    {
        foreach (var item in dataset)
        {
            var head = $"{indent}{item.Tag} {item.ValueRepresentation}";
            switch (item)
            {
                case DicomElement element:
                    Line(lines, $"{head} {element.Count} {element.Buffer.Size} {Attempt(() => Hash(element.Buffer.Data))} {Attempt(() => dataset.GetString(element.Tag))}");
                    break;
                case DicomFragmentSequence fragments:
                    Line(lines, $"{head} [{string.Join(',', fragments.OffsetTable)}] {string.Join(',', fragments.Fragments.Select(fragment => Hash(fragment.Data)))}");
                    break;
                case DicomSequence sequence:
                    Line(lines, $"{head} {sequence.Items.Count}");
                    foreach (var nested in sequence.Items)
                        Items(lines, nested, indent + "> ");
                    break;
            }
        }
    }

    private static string Frames(DicomDataset dataset)
    {
        var pixels = DicomPixelData.Create(dataset);
        var frames = Enumerable.Range(0, Math.Min(pixels.NumberOfFrames, 16)).Select(frame => Hash(pixels.GetFrame(frame).Data));
        return $"{pixels.Width}x{pixels.Height}x{pixels.NumberOfFrames} {pixels.UncompressedFrameSize} {string.Join(' ', frames)}";
    }

    private static string Json(DicomDataset dataset) =>
        DicomJson.ConvertDicomToJson(dataset.Clone().Remove(item => item is DicomFragmentSequence), numberSerializationMode: NumberSerializationMode.PreferablyAsNumber);

    private static string Saved(DicomFile file, DicomWriteOptions options)
    {
        using var stream = new MemoryStream();
        file.Save(stream, options);
        return Hash(stream.ToArray());
    }

    /// <summary>The value, or that there is none: which exception it is may differ.</summary>
    private static string Attempt(Func<string> value)
    {
        try
        {
            return value();
        }
        catch (Exception)
        {
            return "none";
        }
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes))[..16];

    private static void Line(StringBuilder lines, string text) => lines.Append(CultureInfo.InvariantCulture, $"{text}\n");
}
