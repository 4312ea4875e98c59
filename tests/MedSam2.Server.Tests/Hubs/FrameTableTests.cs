using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Inference;
using MedSam2.Server.Hubs;
using MedSam2.Server.Hubs.Contracts;
using MedSam2.Server.Sessions;
using MedSam2.Server.Sessions.Wire;
using MedSam2.Training.Synthetic.Abdomen;
using MessagePack;
using Xunit;

namespace MedSam2.Server.Tests.Hubs;

public sealed class FrameTableTests
{
    [Fact]
    public void Only_what_differs_becomes_a_frame_and_numbers_are_dense()
    {
        var table = new FrameTable();
        Assert.Equal(1, table.Put(Slice(3, 4), FrameStep.Single)!.Sequence);
        Assert.Null(table.Put(Slice(3, 4), FrameStep.Single));
        Assert.Equal(2, table.Put(Slice(4, 4), FrameStep.Single)!.Sequence);
        Assert.Equal(3, table.Put(Slice(3, 5), FrameStep.Single)!.Sequence);
        Assert.Equal([2, 3], table.After(0).Frames.Select(frame => frame.Sequence));
        Assert.Equal([3], table.After(2).Frames.Select(frame => frame.Sequence));
        Assert.Empty(table.After(3).Frames);
    }

    [Fact]
    public void A_slice_that_is_gone_is_told_as_an_empty_frame_and_shown_no_more()
    {
        var table = new FrameTable();
        table.Put(Slice(3, 4), FrameStep.Single);
        table.Put(Slice(4, 4), FrameStep.Single);
        var changed = Assert.Single(table.Sync(1, [Slice(3, 4)]));
        Assert.Equal((4, 0, 3L), (changed.Index, changed.Runs.Length, changed.Sequence));
        Assert.Equal(3, Assert.Single(table.Shown(1)).Index);
        Assert.Equal(1, table.CountSlices(1));
        Assert.Empty(table.Sync(1, [Slice(3, 4)]));
    }

    [Fact]
    public void A_frame_of_the_largest_organ_in_a_slice_of_512_pixels_takes_less_than_a_kibibyte()
    {
        var phantom = AbdominalPhantom.Create(new AbdominalPhantomOptions { Slices = 5 });
        foreach (var organ in (byte[])[AbdominalLabels.Liver, AbdominalLabels.Spleen])
        {
            var (index, _) = phantom.Labels.LargestSlice(SliceAxis.K, organ);
            var mask = phantom.Labels.ReadSlice(SliceAxis.K, index, organ);
            Assert.Equal((512, 512), (mask.Width, mask.Height));
            var frame = new FrameTable().Put(new(1, SliceAxis.K, index, MaskRuns.Encode(mask), 0.9f, 1, false), FrameStep.Single)!;
            Assert.InRange(frame.Runs.Length, 20, 1023);
            Assert.InRange(MessagePackSerializer.Serialize(frame, HubExtensions.MessagePack, TestContext.Current.CancellationToken).Length, frame.Runs.Length, 1024 + 160);
        }
    }

    [Fact]
    public void MessagePack_takes_no_type_without_a_contract()
    {
        var bytes = MessagePackSerializer.Serialize(new Dictionary<string, object> { ["image"] = "x" }, MessagePackSerializerOptions.Standard, TestContext.Current.CancellationToken);
        Assert.Equal("x", MessagePackSerializer.Deserialize<OpenSessionRequest>(bytes, HubExtensions.MessagePack, TestContext.Current.CancellationToken).Image);
        Assert.Throws<MessagePackSerializationException>(() => MessagePackSerializer.Deserialize<Uncontracted>(bytes, HubExtensions.MessagePack, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_scribble_becomes_few_points_along_it_and_a_lasso_a_box_with_its_middle()
    {
        var points = ScribblePoints.Along([(0, 0), (10, 0), (10, 300)], include: true).ToArray();
        Assert.Equal(ScribblePoints.Most, points.Length);
        Assert.Equal([new(10, 67.5), new(10, 145), new(10, 222.5)], points); // quarters of 310 pixels
        Assert.Equal([new(6, 0, false)], ScribblePoints.Along([(2, 0), (10, 0)], include: false));
        Assert.Single(ScribblePoints.Along([(5, 5)], include: false));

        var (box, inside) = LassoPrompt.Read([(10, 10), (40.5, 10), (40.5, 30), (10, 30)], 64, 64);
        Assert.Equal(new PromptBox(10, 10, 40, 29), box);
        Assert.InRange(Assert.Single(inside).Y, 18, 21);
        Assert.Throws<PromptException>(() => LassoPrompt.Read([(100, 100), (120, 100), (110, 120)], 64, 64));
    }

    public sealed record Uncontracted(string Image);

    private static KnownSlice Slice(int index, int size)
    {
        var mask = new Mask(16, 16);
        for (var y = 0; y < size; y++)
            mask.Pixels.AsSpan(y * 16, size).Fill(1);
        return new(1, SliceAxis.K, index, MaskRuns.Encode(mask), 0.5f, 1, false);
    }
}
