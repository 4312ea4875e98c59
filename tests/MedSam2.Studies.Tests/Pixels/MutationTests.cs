using FellowOakDicom;
using MedSam2.Studies.Pixels;
using MedSam2.Studies.Series;
using Xunit;

namespace MedSam2.Studies.Tests.Pixels;

/// <summary>Good codes with some bytes changed: each decodes to a frame of the right size, or is refused with a reason.</summary>
public sealed class MutationTests
{
    [Theory]
    [InlineData("ct-ladder/1.2.840.10008.1.2.4.50.dcm", 60)]
    [InlineData("ct-ladder/1.2.840.10008.1.2.4.55.dcm", 40)]
    [InlineData("ct-ladder/1.2.840.10008.1.2.4.57.dcm", 60)]
    [InlineData("multiframe-colour-seg/emri_small_jpeg_ls_lossless.dcm", 150)]
    [InlineData("multiframe-colour-seg/emri_small_jpeg_2k_lossless.dcm", 250)]
    public void Changed_codes_are_decoded_or_refused(string name, int mutants)
    {
        using var decoder = new FrameDecoder(new DecoderLimits { Processes = 1 });
        var dataset = CodecFiles.Open(name).Dataset.NotValidated();
        var code = dataset.GetDicomItem<DicomFragmentSequence>(DicomTag.PixelData).Fragments[0].Data.ToArray();
        dataset.AddOrUpdate(DicomTag.NumberOfFrames, 1);
        var expected = decoder.Decode(FragmentTests.WithFragments(dataset, [], code), 0).Pixels;
        var (random, refused) = (new Random(name.Length), 0);

        for (var n = 0; n < mutants; n++)
        {
            var mutant = Mutate(code, random);
            try
            {
                Assert.Equal(expected.Length, decoder.Decode(FragmentTests.WithFragments(dataset, [], mutant), 0).Pixels.Length);
            }
            catch (SeriesException e)
            {
                Assert.Contains("Frame 1 in JPEG", e.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        Assert.InRange(refused, mutants / 20, mutants);
        Assert.Equal(expected, decoder.Decode(FragmentTests.WithFragments(dataset, [], code), 0).Pixels);
    }

    /// <summary>Bytes changed, most of them in the head where they do most; some mutants are cut short instead.</summary>
    private static byte[] Mutate(byte[] code, Random random)
    {
        if (random.Next(8) == 0)
            return code[..random.Next(2, code.Length)];
        var mutant = (byte[])code.Clone();
        for (var n = random.Next(1, 5); n > 0; n--)
        {
            var at = random.Next(3) == 0 ? random.Next(2, code.Length) : random.Next(2, Math.Min(200, code.Length));
            mutant[at] = (byte)random.Next(256);
        }

        return mutant;
    }
}
