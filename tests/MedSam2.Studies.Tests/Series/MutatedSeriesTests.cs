using FellowOakDicom;
using MedSam2.Studies.Rendering;
using MedSam2.Studies.Series;
using MedSam2.Studies.Tests.Store;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Studies.Tests.Series;

/// <summary>Good files with some bytes changed, always in the same way: they are read or refused, and nothing else.</summary>
public sealed class MutatedSeriesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_damaged_file_is_read_or_refused(int seed)
    {
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        var good = StudyStoreTests.Bytes(SyntheticSeries.Stack(1)[0]);
        var path = folder.File("mutated.dcm");
        var read = 0;
        for (var n = 0; n < 500; n++)
        {
            File.WriteAllBytes(path, Mutate(good, random));
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                new SeriesReader().ReadFiles([path], TestContext.Current.CancellationToken);
                FrameRenderer.Render(DicomFile.Open(path), 0);
                read++;
            }
            catch (SeriesException e)
            {
                Assert.True(e.Message.Length > 20, e.Message);
            }
            catch (DicomException)
            {
                // The renderer is given an opened file; this one does not open.
            }

            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 50_000_000, $"mutation {n} of seed {seed} took {GC.GetAllocatedBytesForCurrentThread() - before} bytes");
        }

        Assert.InRange(read, 50, 490);
    }

    private static byte[] Mutate(byte[] good, Random random)
    {
        var bytes = (byte[])good.Clone();
        // The preamble says nothing: changes begin with the mark after it.
        for (var changes = random.Next(1, 6); changes > 0; changes--)
            bytes[random.Next(128, bytes.Length)] = (byte)random.Next(256);
        return random.Next(4) == 0 ? bytes[..random.Next(128, bytes.Length)] : bytes;
    }
}
