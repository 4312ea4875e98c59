using System.Globalization;
using FellowOakDicom;
using FellowOakDicom.IO.Buffer;
using MedSam2.Server.Errors;
using MedSam2.Studies.Store;

namespace MedSam2.Server.DicomWeb;

/// <summary>
/// Binary values by reference. A path names one value: tags and item numbers with dots between, such as
/// <c>7FE00010</c> or <c>00081140.0.00420011</c>.
/// </summary>
internal static class BulkData
{
    /// <summary>Binary values up to this size stay in the metadata.</summary>
    private const int InlineBytes = 1024;

    private const string PixelDataPath = "7FE00010";

    /// <summary>An instance's attributes with the large binary ones, and always the pixels, as addresses.</summary>
    public static DicomDataset Metadata(StoredInstance instance, ResourceUrls urls)
    {
        string Address(string path) => urls.BulkData(instance.StudyInstanceUid, instance.SeriesInstanceUid, instance.SopInstanceUid, path);
        var header = InstanceHeader.Read(instance.Path);
        var metadata = Replace(header, "", Address);
        if (instance.Frames > 0)
            metadata.Add(ByReference(PixelVr(header), DicomTag.PixelData, Address(PixelDataPath)));
        return metadata;
    }

    /// <summary>Finds the value that a path names.</summary>
    /// <exception cref="RequestException">There is none.</exception>
    public static DicomItem Find(DicomDataset dataset, string path)
    {
        var steps = path.Split('.');
        for (var n = 0; n + 2 < steps.Length; n += 2)
        {
            if (!dataset.TryGetSequence(Tag(steps[n]), out var sequence)
                || !int.TryParse(steps[n + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var item)
                || item >= sequence.Items.Count)
                throw Missing();
            dataset = sequence.Items[item];
        }

        return steps.Length % 2 == 1 && dataset.GetDicomItem<DicomItem>(Tag(steps[^1])) is { } found and not DicomSequence ? found : throw Missing();
    }

    private static DicomDataset Replace(DicomDataset dataset, string prefix, Func<string, string> address)
    {
        var copy = new DicomDataset().NotValidated();
        foreach (var item in dataset)
        {
            var path = $"{prefix}{item.Tag.Group:X4}{item.Tag.Element:X4}";
            copy.Add(item switch
            {
                // JSON and XML are in Unicode, whatever the file is in (PS3.18 F.2).
                DicomElement { Tag: var tag, Count: > 0 } when tag == DicomTag.SpecificCharacterSet => new DicomCodeString(DicomTag.SpecificCharacterSet, "ISO_IR 192"),
                DicomSequence sequence => new DicomSequence(item.Tag, sequence.Items.Select((inner, n) => Replace(inner, $"{path}.{n}.", address)).ToArray()),
                DicomElement element when IsBinary(element.ValueRepresentation) && element.Buffer.Size > InlineBytes =>
                    ByReference(element.ValueRepresentation, element.Tag, address(path)),
                _ => item,
            });
        }

        return copy;
    }

    private static bool IsBinary(DicomVR vr) => vr == DicomVR.OB || vr == DicomVR.OW || vr == DicomVR.OF || vr == DicomVR.OD || vr == DicomVR.OL || vr == DicomVR.OV || vr == DicomVR.UN;

    private static DicomElement ByReference(DicomVR vr, DicomTag tag, string address)
    {
        var buffer = new BulkDataUriByteBuffer(address);
        return vr.Code switch
        {
            "OW" => new DicomOtherWord(tag, buffer),
            "OF" => new DicomOtherFloat(tag, buffer),
            "OD" => new DicomOtherDouble(tag, buffer),
            "OL" => new DicomOtherLong(tag, buffer),
            "OV" => new DicomOtherVeryLong(tag, buffer),
            "UN" => new DicomUnknown(tag, buffer),
            _ => new DicomOtherByte(tag, buffer),
        };
    }

    private static DicomVR PixelVr(DicomDataset header) =>
        !header.InternalTransferSyntax.IsEncapsulated && header.GetSingleValueOrDefault<ushort>(DicomTag.BitsAllocated, 16) > 8 ? DicomVR.OW : DicomVR.OB;

    private static DicomTag Tag(string text) =>
        text.Length == 8 && uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number)
            ? new DicomTag((ushort)(number >> 16), (ushort)number)
            : throw Missing();

    private static RequestException Missing() => RequestException.NotFound("The instance has no such bulk data. Take the address from the instance's metadata.");
}
