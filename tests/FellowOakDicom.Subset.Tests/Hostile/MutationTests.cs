using FellowOakDicom.Imaging;
using FellowOakDicom.Imaging.Codec;
using FellowOakDicom.Serialization;

namespace FellowOakDicom.Tests.Hostile;

/// <summary>Thousands of seeded mutations of good files: each is read or refused, and what is read can be looked at throughout.</summary>
public class MutationTests
{
    private const int PerFile = 400;

    [Theory]
    [InlineData("pydicom/MR_small.dcm")]
    [InlineData("pydicom/MR_small_implicit.dcm")]
    [InlineData("pydicom/MR_small_expb.dcm")]
    [InlineData("pydicom/MR_small_RLE.dcm")]
    [InlineData("pydicom/rtplan.dcm")]
    [InlineData("pydicom/test-SR.dcm")]
    [InlineData("pydicom/priv_SQ.dcm")]
    [InlineData("pydicom/UN_sequence.dcm")]
    [InlineData("charset/chrH32.dcm")]
    [InlineData("fuzz/cat03_sequence_nesting/TC0261_depth_10.dcm")]
    public void Mutations_are_read_or_refused(string name)
    {
        var original = File.ReadAllBytes(SharedData.Require(["dicom-odd", .. name.Split('/')]));
        var random = new Random(name.Length);
        for (var i = 0; i < PerFile; i++)
        {
            var mutant = Mutate(original, random);
            if (HostileFileTests.Read(() => DicomFile.Open(new MemoryStream(mutant), FileReadOption.ReadAll)) is { } file)
                Inspect(file.Dataset);
        }
    }

    private static byte[] Mutate(byte[] original, Random random)
    {
        var bytes = (byte[])original.Clone();
        var header = Math.Min(bytes.Length, 4000);
        for (var n = random.Next(1, 8); n > 0; n--)
        {
            // Headers are where structure is: most mutations go there.
            var at = random.Next(random.Next(4) == 0 ? bytes.Length : header);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.AsSpan(at, Math.Min(4, bytes.Length - at)).Fill((byte)(random.Next(2) == 0 ? 0xff : 0));
                    break;
                case 3:
                    var length = Math.Min(random.Next(1, 64), bytes.Length - at);
                    original.AsSpan(random.Next(original.Length - length + 1), length).CopyTo(bytes.AsSpan(at));
                    break;
                default:
                    bytes = bytes[..Math.Max(at, 1)];
                    header = Math.Min(bytes.Length, header);
                    break;
            }
        }

        return bytes;
    }

    private static void Inspect(DicomDataset dataset)
    {
        foreach (var item in dataset)
        {
            if (item is DicomElement { Count: > 0 })
                dataset.GetString(item.Tag);
            if (item is not DicomSequence sequence)
                continue;
            foreach (var nested in sequence.Items)
                Inspect(nested);
        }

        dataset.TryGetValues<double>(DicomTag.PixelSpacing, out _);
        Tolerate(() => DicomPixelData.Create(dataset).GetFrame(0));
        Tolerate(() => new DicomTranscoder(dataset.InternalTransferSyntax, DicomTransferSyntax.ExplicitVRLittleEndian).DecodeFrame(dataset, 0));
        Tolerate(() => DicomJson.ConvertDicomToJson(dataset, numberSerializationMode: NumberSerializationMode.PreferablyAsNumber));
    }

    /// <summary>Pixels that make no sense may be refused in many ways; that the process lives is what counts.</summary>
    private static void Tolerate(Action look)
    {
        try
        {
            look();
        }
        catch (Exception fault) when (fault is not (OutOfMemoryException or StackOverflowException or AccessViolationException))
        {
        }
    }
}
