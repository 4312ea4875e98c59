using System.Runtime.InteropServices;
using FellowOakDicom;
using MedSam2.Studies.Pixels;
using MedSam2.TestSupport;

namespace MedSam2.Studies.Tests.Pixels;

/// <summary>The compressed images of other people, and what another reader found in them.</summary>
internal static class CodecFiles
{
    public static DicomFile Open(string name) => DicomFile.Open(SharedData.Require(["dicom-codecs", .. name.Split('/')]), FileReadOption.ReadAll);

    /// <summary>The SHA-256 of the decoded bytes, by the table beside the files.</summary>
    public static string Sha256(string name) =>
        File.ReadLines(SharedData.Require("dicom-codecs", "index.tsv")).Select(line => line.Split('\t')).Single(row => row[0] == name)[^1];

    /// <summary>All frames, one after the other.</summary>
    public static byte[] Decode(DicomDataset dataset, FrameDecoder? decoder = null) =>
        [.. Enumerable.Range(0, dataset.GetSingleValueOrDefault(DicomTag.NumberOfFrames, 1)).SelectMany(n => (decoder ?? FrameDecoder.Shared).Decode(dataset, n).Pixels)];

    public static short[] Words(byte[] bytes) => MemoryMarshal.Cast<byte, short>(bytes).ToArray();

    public static byte[] StoredBytes(DicomDataset dataset) => dataset.GetDicomItem<DicomElement>(DicomTag.PixelData).Buffer.Data;
}
