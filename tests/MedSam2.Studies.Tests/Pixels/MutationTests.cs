using FellowOakDicom;
using MedSam2.Studies.Pixels;
using MedSam2.Studies.Series;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Studies.Tests.Pixels;

/// <summary>Good codes with some bytes changed: each decodes to a frame of the right size, or is refused with a reason.</summary>
public sealed class MutationTests
{
    [Theory]
    [InlineData("ct-ladder/1.2.840.10008.1.2.4.50.dcm", 120)]
    [InlineData("ct-ladder/1.2.840.10008.1.2.4.55.dcm", 80)]
    [InlineData("ct-ladder/1.2.840.10008.1.2.4.57.dcm", 150)]
    [InlineData("multiframe-colour-seg/emri_small_jpeg_ls_lossless.dcm", 300)]
    [InlineData("multiframe-colour-seg/emri_small_jpeg_2k_lossless.dcm", 350)]
    public void Changed_codes_are_decoded_or_refused(string name, int mutants)
    {
        using var decoder = new FrameDecoder(new DecoderLimits { Processes = 1 });
        var dataset = CodecFiles.Open(name).Dataset.NotValidated();
        var code = dataset.GetDicomItem<DicomFragmentSequence>(DicomTag.PixelData).Fragments[0].Data.ToArray();
        dataset.AddOrUpdate(DicomTag.NumberOfFrames, 1);
        var expected = decoder.Decode(FragmentTests.WithFragments(dataset, [], code), 0).Pixels;
        var refused = 0;

        foreach (var mutant in FileMutations.Of(code, name.Length, first: 2, head: 200).Take(mutants))
        {
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
}
