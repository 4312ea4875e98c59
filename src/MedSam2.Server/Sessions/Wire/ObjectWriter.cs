using MedSam2.Imaging.Masks;
using MedSam2.Inference;
using MedSam2.Server.Hubs.Contracts;

namespace MedSam2.Server.Sessions.Wire;

/// <summary>Objects as clients see them.</summary>
internal static class ObjectWriter
{
    public const int LargestId = 65_535;

    public static ObjectInfo Describe(int id, ObjectLabel label, IEnumerable<SlicePrompt> prompts, int sliceCount) => new()
    {
        ObjectId = id,
        Name = label.Name,
        Code = label.Code,
        Colour = label.Colour,
        Locked = label.Locked,
        Prompts = [.. prompts.Select(Describe)],
        SliceCount = sliceCount,
    };

    public static Alternative Describe(CandidateMask candidate)
    {
        var runs = MaskRuns.Encode(candidate.Mask);
        var (x, y, width, height) = runs.Box;
        return new() { Box = [x, y, x + width, y + height], Runs = runs.Runs.ToArray(), Iou = candidate.PredictedIou };
    }

    private static PromptInfo Describe(SlicePrompt said) => new()
    {
        Plane = Planes.NameOf(said.Axis),
        Index = said.Index,
        Points = [.. said.Points.Select(p => new ClickPoint { At = Planes.ToVoxel(p.X, p.Y, said.Axis, said.Index), Include = p.Include })],
        Box = said.Box is { } box
            ? new() { Min = Planes.ToVoxel(box.X0, box.Y0, said.Axis, said.Index), Max = Planes.ToVoxel(box.X1, box.Y1, said.Axis, said.Index) }
            : null,
        HasMask = said.Mask is not null,
    };
}
