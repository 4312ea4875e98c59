using System.Diagnostics;
using System.Runtime.InteropServices;
using FellowOakDicom;
using MedSam2.Studies.Pixels;
using MedSam2.Studies.Series;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Studies.Tests.Pixels;

/// <summary>A decoder that dies, hangs or asks for too much costs its frame and nothing else.</summary>
public sealed partial class DecoderProcessTests
{
    private const int Kill = 9, Continue = 18, Stop = 19, ProcessorTime = 24;

    private static DicomDataset Sound => CodecFiles.Open("multiframe-colour-seg/emri_small_jpeg_2k_lossless.dcm").Dataset;

    [Fact]
    public void One_process_serves_one_frame_after_the_other()
    {
        using var decoder = new FrameDecoder(new DecoderLimits { Processes = 1 });

        decoder.Decode(Sound, 0);
        var first = Assert.Single(decoder.Pool.IdleProcesses);
        decoder.Decode(Sound, 1);

        Assert.Equal(first, Assert.Single(decoder.Pool.IdleProcesses));
    }

    [Fact]
    public void Decoder_that_died_between_frames_is_replaced_unnoticed()
    {
        using var decoder = new FrameDecoder(new DecoderLimits { Processes = 1 });
        var expected = decoder.Decode(Sound, 0).Pixels;
        var id = Assert.Single(decoder.Pool.IdleProcesses);
        using (var process = Process.GetProcessById(id))
        {
            Assert.Equal(0, Signal(id, Kill));
            process.WaitForExit();
        }

        Assert.Equal(expected, decoder.Decode(Sound, 0).Pixels);
        Assert.NotEqual(id, Assert.Single(decoder.Pool.IdleProcesses));
    }

    [Theory]
    [InlineData(Kill, "crash (signal 9)")]
    [InlineData(ProcessorTime, "more than 30 seconds of processor time")]
    public async Task Crash_costs_one_frame_and_says_why(int signal, string cause)
    {
        using var decoder = new FrameDecoder(new DecoderLimits { Processes = 1 });
        var expected = decoder.Decode(Sound, 3).Pixels;
        var id = Assert.Single(decoder.Pool.IdleProcesses);
        // Stopped, it takes the next frame and does not answer until it is made to die of it.
        Assert.Equal(0, Signal(id, Stop));
        var caught = Task.Run(() => Assert.Throws<SeriesException>(() => decoder.Decode(Sound, 3)), TestContext.Current.CancellationToken);
        while (decoder.Pool.IdleProcesses.Length > 0)
            await Task.Delay(1, TestContext.Current.CancellationToken);
        Assert.Equal(0, Signal(id, signal));
        _ = Signal(id, Continue);

        var crash = await caught;
        Assert.Equal(SeriesFault.DamagedPixels, crash.Fault);
        Assert.Contains(cause, crash.Message, StringComparison.Ordinal);
        Assert.Equal(expected, decoder.Decode(Sound, 3).Pixels);
    }

    [Fact]
    public void Frame_that_takes_too_long_ends_its_decoder()
    {
        using var decoder = new FrameDecoder(new DecoderLimits { Processes = 1, WallClock = TimeSpan.FromSeconds(5) });
        var expected = decoder.Decode(Sound, 0).Pixels;
        Assert.Equal(0, Signal(Assert.Single(decoder.Pool.IdleProcesses), Stop));

        var late = Assert.Throws<SeriesException>(() => decoder.Decode(Sound, 0));

        Assert.Equal(SeriesFault.DamagedPixels, late.Fault);
        Assert.Contains("within 5 seconds", late.Message, StringComparison.Ordinal);
        Assert.Empty(decoder.Pool.IdleProcesses);
        Assert.Equal(expected, decoder.Decode(Sound, 0).Pixels);
    }

    [Fact]
    public async Task Caller_who_gives_up_ends_the_decoder()
    {
        using var decoder = new FrameDecoder(new DecoderLimits { Processes = 1 });
        decoder.Decode(Sound, 0);
        var id = Assert.Single(decoder.Pool.IdleProcesses);
        Assert.Equal(0, Signal(id, Stop));
        using var caller = new CancellationTokenSource();
        var waiting = Task.Run(() => Assert.ThrowsAny<OperationCanceledException>(() => decoder.Decode(Sound, 0, caller.Token)), TestContext.Current.CancellationToken);
        while (decoder.Pool.IdleProcesses.Length > 0)
            await Task.Delay(1, TestContext.Current.CancellationToken);

        await caller.CancelAsync();

        await waiting;
        Assert.Empty(decoder.Pool.IdleProcesses);
    }

    [Fact]
    public void Picture_beyond_the_decoders_memory_is_refused_and_the_next_one_decoded()
    {
        const ushort side = 16384;
        using var decoder = new FrameDecoder(new DecoderLimits { Processes = 1, ProcessMemory = 256 << 20 });
        var huge = ForgedSize(side);

        var refusal = Assert.Throws<SeriesException>(() => decoder.Decode(huge, 0));

        Assert.Contains("Frame 1 in JPEG 2000", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(CodecFiles.Decode(Sound), CodecFiles.Decode(Sound, decoder));
    }

    [Theory]
    [InlineData("emri_small_jpeg_2k_lossless.dcm", "libopenjp2.so.7", "libopenjp2-7")]
    [InlineData("emri_small_jpeg_ls_lossless.dcm", "libcharls.so.2", "libcharls2")]
    public void Missing_library_is_named_by_its_package(string file, string library, string package)
    {
        using var folder = new TemporaryFolder();
        // A file that is no library stands before the system's.
        folder.Write(library, [0]);
        using var decoder = new FrameDecoder(new DecoderLimits { Processes = 1, LibraryFolder = folder.Path });

        var refusal = Assert.Throws<SeriesException>(() => decoder.Decode(CodecFiles.Open($"multiframe-colour-seg/{file}").Dataset, 0));

        Assert.Equal(SeriesFault.UnsupportedTransferSyntax, refusal.Fault);
        Assert.Contains($"apt-get install {package}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Picture_beyond_the_limit_is_refused_before_it_reaches_a_decoder()
    {
        using var decoder = new FrameDecoder(new DecoderLimits { MaxFrameBytes = 4096 });

        Assert.Equal(SeriesFault.TooLarge, Assert.Throws<SeriesException>(() => decoder.Decode(Sound, 0)).Fault);
        Assert.Empty(decoder.Pool.IdleProcesses);
    }

    /// <summary>A small picture whose header and code both claim a large one.</summary>
    private static DicomDataset ForgedSize(ushort side)
    {
        var dataset = CodecFiles.Open("ct-ladder/1.2.840.10008.1.2.4.90.dcm").Dataset.NotValidated();
        dataset.AddOrUpdate(DicomTag.Rows, side).AddOrUpdate(DicomTag.Columns, side);
        // SIZ: marker, length, capabilities, then the sizes of the picture and, after two offsets, of a tile.
        var code = dataset.GetDicomItem<DicomFragmentSequence>(DicomTag.PixelData).Fragments[0].Data.ToArray();
        var siz = code.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0x51]);
        foreach (var at in new[] { 6, 10, 22, 26 })
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(code.AsSpan(siz + at), side);
        return FragmentTests.WithFragments(dataset, [], code);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);
}
