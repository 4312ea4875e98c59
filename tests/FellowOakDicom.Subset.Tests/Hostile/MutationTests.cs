using FellowOakDicom.Imaging;
using FellowOakDicom.Imaging.Codec;
using FellowOakDicom.Serialization;

namespace FellowOakDicom.Tests.Hostile;

/// <summary>Thousands of seeded mutations of good files: each is read or refused, and what is read can be looked at throughout.</summary>
public class MutationTests
{
    private const int PerFile = 500;

    [Theory]
    [InlineData("pydicom/MR_small.dcm")]
    [InlineData("pydicom/MR_small_implicit.dcm")]
    [InlineData("pydicom/MR_small_expb.dcm")]
    [InlineData("pydicom/MR_small_RLE.dcm")]
    [InlineData("pydicom/rtplan.dcm")]
    [InlineData("pydicom/test-SR.dcm")]
    [InlineData("pydicom/priv_SQ.dcm")]
    [InlineData("pydicom/UN_sequence.dcm")]
    [InlineData("pydicom/nested_priv_SQ.dcm")]
    [InlineData("pydicom/no_meta.dcm")]
    [InlineData("pydicom/image_dfl.dcm")]
    [InlineData("pydicom/SC_rgb_rle_2frame.dcm")]
    [InlineData("pydicom/JPEG2000-embedded-sequence-delimiter.dcm")]
    [InlineData("charset/chrH32.dcm")]
    [InlineData("charset/chrSQEncoding.dcm")]
    [InlineData("fuzz/cat03_sequence_nesting/TC0261_depth_10.dcm")]
    public void Mutations_are_read_or_refused_at_a_cost_of_their_size(string name)
    {
        var original = File.ReadAllBytes(SharedData.Require(["dicom-odd", .. name.Split('/')]));
        // A deflated file may grow as deflate lets it; all else is held a few times: bytes, items, text, JSON.
        var allowed = (4L << 20) + (original.Length * (name.Contains("dfl", StringComparison.Ordinal) ? 4000L : 60));
        // What the library makes once for all files, its dictionary above all, is no part of a file's cost.
        _ = DicomTag.PatientName.DictionaryEntry;
        if (HostileFileTests.Read(() => DicomFile.Open(new MemoryStream(original), FileReadOption.ReadAll)) is { } good)
            Inspect(good.Dataset);
        foreach (var mutant in FileMutations.Of(original, name.Length).Take(PerFile))
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var file = HostileFileTests.Read(() => DicomFile.Open(new MemoryStream(mutant), FileReadOption.ReadAll));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, allowed);
            if (file is not null)
                Inspect(file.Dataset);
        }
    }

    private static void Inspect(DicomDataset dataset)
    {
        foreach (var item in dataset)
        {
            ReadText(dataset, item);
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

    private static void ReadText(DicomDataset dataset, DicomItem item)
    {
        try
        {
            if (item is DicomElement { Count: > 0 })
                dataset.GetString(item.Tag);
        }
        catch (ArgumentOutOfRangeException) when (!Library.IsSubset)
        {
            // fo-dicom 5.1.3 cannot read a text that ends within an escape sequence.
        }
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
