using System.Globalization;
using FellowOakDicom;
using MedSam2.Studies.Rendering;
using MedSam2.Studies.Series;
using MedSam2.Studies.Tests.Store;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Studies.Tests.Series;

/// <summary>Good files with some bytes or values changed, always in the same way: they are read or refused, and nothing else.</summary>
public sealed class MutatedSeriesTests
{
    private static readonly DicomTag[] Numbers =
    [
        DicomTag.Rows, DicomTag.Columns, DicomTag.BitsAllocated, DicomTag.BitsStored, DicomTag.HighBit, DicomTag.PixelRepresentation,
        DicomTag.SamplesPerPixel, DicomTag.PlanarConfiguration,
    ];

    private static readonly string[] Texts =
    [
        "", "0", "-1", "1", "2", "1e300", "1e-300", "NaN", "Infinity", "abc", "1\\2", "0.5\\0.5", "0\\0\\0", "1\\0\\0\\0\\1\\0", "9999999999", "20240301", "235959", "MONOCHROME1",
        "RGB", "PALETTE COLOR", "YBR_FULL_422", "BQML", "GML", "PT", "START",
    ];

    public static readonly TheoryData<string> Seeds =
    [
        "", "dicom-codecs/ct-ladder/1.2.840.10008.1.2.5.dcm", "dicom-codecs/multiframe-colour-seg/emri_small.dcm",
        "dicom-codecs/multiframe-colour-seg/emri_small_RLE.dcm", "dicom-codecs/multiframe-colour-seg/OT-PAL-8-face.dcm",
        "dicom-odd/pydicom/SC_rgb_rle_2frame.dcm", "dicom-odd/pydicom/ExplVR_BigEnd.dcm", "dicom-odd/pydicom/MR_small_implicit.dcm",
        "dicom-odd/pydicom/rtdose_1frame.dcm", "dicom-odd/pydicom/SC_ybr_full_422_uncompressed.dcm",
    ];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_file_with_changed_bytes_is_read_or_refused(string seedFile)
    {
        using var folder = new TemporaryFolder();
        var good = seedFile.Length == 0 ? StudyStoreTests.Bytes(SyntheticSeries.Stack(1)[0]) : File.ReadAllBytes(SharedData.Require(seedFile.Split('/')));
        var path = folder.File("mutated.dcm");
        var (read, refused) = (0, 0);
        foreach (var mutant in FileMutations.Of(good, 41, first: 128).Take(500))
        {
            File.WriteAllBytes(path, mutant);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Count(ReadAndDraw(() => DicomFile.Open(path), () => new SeriesReader().ReadFiles([path], Stop)), ref read, ref refused);
            // Run lengths may stand for 64 times their size, and a picture is drawn in four bytes a pixel.
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (8L << 20) + (mutant.Length * 400L));
        }

        Assert.True(read > 20 && refused > 20, $"{read} read, {refused} refused");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_series_with_changed_values_is_read_or_refused(int seed)
    {
        var random = new Random(seed);
        var (read, refused) = (0, 0);
        for (var n = 0; n < 500; n++)
        {
            var files = SyntheticSeries.Stack(6, change: (k, d) => Describe(d.NotValidated(), k, seed));
            for (var changes = random.Next(1, 5); changes > 0; changes--)
                Change(files, random);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var part = random.Next(3) == 0 ? random.Next(4) : 1;
            Count(ReadAndDraw(() => files[0], () => new SeriesReader().Read(files, part, Stop)), ref read, ref refused);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8L << 20);
        }

        Assert.True(read > 20 && refused > 20, $"{read} read, {refused} refused");
    }

    /// <summary>A plain stack, one through time, PET, or pictures without a place.</summary>
    private static void Describe(DicomDataset d, int k, int kind)
    {
        switch (kind)
        {
            case 2:
                SyntheticSeries.MoveTo(d, 0, 0, k % 3);
                d.Add(DicomTag.TemporalPositionIdentifier, (k / 3).ToString(CultureInfo.InvariantCulture));
                break;
            case 3:
                d.AddOrUpdate(DicomTag.Modality, "PT").Add(DicomTag.Units, "BQML").Add(DicomTag.CorrectedImage, "ATTN", "DECY").Add(DicomTag.DecayCorrection, "START");
                d.Add(DicomTag.PatientWeight, "70").Add(DicomTag.SeriesDate, "20240301").Add(DicomTag.SeriesTime, "100000");
                d.Add(new DicomSequence(DicomTag.RadiopharmaceuticalInformationSequence, new DicomDataset
                {
                    { DicomTag.RadionuclideTotalDose, "350000000" }, { DicomTag.RadionuclideHalfLife, "7200" }, { DicomTag.RadiopharmaceuticalStartTime, "080000" },
                }));
                break;
            case 4:
                d.Remove(DicomTag.ImagePositionPatient);
                d.Add(new DicomSequence(DicomTag.ModalityLUTSequence, new DicomDataset { { DicomTag.LUTDescriptor, (ushort)4, (ushort)0, (ushort)16 }, { DicomTag.LUTData, (ushort)1, (ushort)2, (ushort)3, (ushort)4 } }));
                break;
        }
    }

    private static void Change(DicomFile[] files, Random random)
    {
        var dataset = files[random.Next(files.Length)].Dataset;
        if (dataset.OfType<DicomSequence>().FirstOrDefault() is { Items.Count: > 0 } sequence && random.Next(4) == 0)
            dataset = sequence.Items[0].NotValidated();
        var items = dataset.Where(item => item.Tag != DicomTag.PixelData).ToArray();
        switch (random.Next(5))
        {
            case 0:
                dataset.Remove(items[random.Next(items.Length)].Tag);
                break;
            case 1:
                dataset.AddOrUpdate(Numbers[random.Next(Numbers.Length)], (ushort)(random.Next(ushort.MaxValue) >> random.Next(16)));
                break;
            case 2:
                dataset.AddOrUpdate(DicomTag.NumberOfFrames, Texts[random.Next(Texts.Length)]);
                break;
            default:
                var texts = items.Where(item => item is DicomStringElement).ToArray();
                if (texts.Length > 0)
                    dataset.AddOrUpdate(texts[random.Next(texts.Length)].Tag, Texts[random.Next(Texts.Length)]);
                break;
        }
    }

    private static void Count(bool isRead, ref int read, ref int refused) => _ = isRead ? read++ : refused++;

    /// <returns>Whether it was read; a refusal has to say why.</returns>
    private static bool ReadAndDraw(Func<DicomFile> open, Action read)
    {
        try
        {
            read();
            FrameRenderer.Render(open(), 0);
            return true;
        }
        catch (SeriesException e)
        {
            Assert.InRange(e.Message.Length, 20, 600);
        }
        catch (DicomException)
        {
            // The renderer is given an opened file; this one does not open.
        }

        return false;
    }
}
