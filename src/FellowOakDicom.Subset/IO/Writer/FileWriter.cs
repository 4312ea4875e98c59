#nullable enable

using System.IO.Compression;

namespace FellowOakDicom.IO.Writer;

/// <summary>Preamble, group 0002, dataset.</summary>
internal sealed class FileWriter(DicomWriteOptions? options)
{
    private readonly DicomWriteOptions _options = options ?? new DicomWriteOptions();

    public void Write(DicomFile file, Stream stream) => Compose(file).CopyTo(stream);

    public Task WriteAsync(DicomFile file, Stream stream) => Compose(file).CopyToAsync(stream);

    private ByteTarget Compose(DicomFile file)
    {
        var target = new ByteTarget();
        target.WriteBytes(new byte[128]);
        target.WriteBytes("DICM"u8);
        WriteMetaInfo(target, file.FileMetaInfo);

        var syntax = file.FileMetaInfo.TransferSyntax;
        var dataset = syntax.IsDeflate ? new ByteTarget() : target;
        dataset.IsBigEndian = syntax.Endian == Endian.Big;
        RemoveGroupLengths(file.Dataset);
        new DatasetWriter(dataset, syntax, _options).Write(file.Dataset);
        if (syntax.IsDeflate)
            target.WriteBytes(Deflate(dataset));
        return target;
    }

    private static void WriteMetaInfo(ByteTarget target, DicomFileMetaInformation metaInfo)
    {
        var groupLength = new DicomTag(0x0002, 0x0000);
        metaInfo.Remove(groupLength);
        var options = new DicomWriteOptions();
        var writer = new DatasetWriter(target, DicomTransferSyntax.ExplicitVRLittleEndian, options);
        metaInfo.AddOrUpdate(groupLength, (uint)writer.Measure(metaInfo));
        writer.Write(metaInfo);
    }

    /// <summary>Group lengths say nothing that a reader needs and are wrong after the first change (PS3.5 section 7.2).</summary>
    private static void RemoveGroupLengths(DicomDataset dataset)
    {
        dataset.Remove(item => item.Tag.Element == 0);
        foreach (var item in dataset.OfType<DicomSequence>().SelectMany(sequence => sequence.Items))
            RemoveGroupLengths(item);
    }

    private static byte[] Deflate(ByteTarget dataset)
    {
        using var deflated = new MemoryStream();
        using (var deflater = new DeflateStream(deflated, CompressionLevel.Optimal, leaveOpen: true))
            dataset.CopyTo(deflater);
        if (deflated.Length % 2 == 1)
            deflated.WriteByte(0);
        return deflated.ToArray();
    }
}
