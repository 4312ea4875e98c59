using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using MedSam2.Imaging.Geometry;
using MedSam2.Inference;
using MedSam2.Server.Method;

namespace MedSam2.Server.CommandLine;

/// <summary>Points and boxes in the words of a command line, in voxel indices of the image.</summary>
internal sealed class PromptOptions
{
    private readonly Option<int?> _slice = new("--slice") { HelpName = "N", Description = "The slice of all prompts that name none themselves, counted from 0; those of a DICOM series in the order of their places, not of their files. A picture needs none." };
    private readonly Option<SliceAxis> _axis = VerbOptions.Named(
        "--axis",
        "The stack that slices are counted in: k as stored (x = i, y = j), j (x = i, y = k) or i (x = j, y = k).",
        new NameTable<SliceAxis>(("k", SliceAxis.K), ("j", SliceAxis.J), ("i", SliceAxis.I)));

    private readonly Option<double[][]> _points = Numbers("--point", "X,Y[,SLICE]", "A pixel of the object, (0,0) being the centre of the first one. May be given several times.", 2);
    private readonly Option<double[][]> _excluded = Numbers("--exclude", "X,Y[,SLICE]", "A pixel that does not belong to the object. May be given several times.", 2);
    private readonly Option<double[][]> _boxes = Numbers("--box", "X0,Y0,X1,Y1[,SLICE]", "Two opposite corner pixels of the object's extent on a slice. May be given several times.", 4);

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_points, _excluded, _boxes, _slice, _axis])
            command.Add(option);
    }

    /// <summary>The prompts slice by slice; those that say where the object is come first.</summary>
    /// <exception cref="VerbException">A prompt names no slice, or nothing says where the object is.</exception>
    public IReadOnlyList<SlicePrompt> Read(ParseResult parsed, VolumeGeometry geometry)
    {
        var axis = parsed.GetValue(_axis);
        var slice = parsed.GetValue(_slice) ?? (geometry.SliceShape(axis).Count == 1 ? 0 : null);
        var points = Parts(parsed.GetValue(_points), 2).Select(p => (p.Slice, Point: new PromptPoint(p.Values[0], p.Values[1])))
            .Concat(Parts(parsed.GetValue(_excluded), 2).Select(p => (p.Slice, Point: new PromptPoint(p.Values[0], p.Values[1], Include: false))))
            .ToLookup(p => p.Slice, p => p.Point);
        var boxes = Parts(parsed.GetValue(_boxes), 4).ToLookup(b => b.Slice, b => new PromptBox(b.Values[0], b.Values[1], b.Values[2], b.Values[3]));
        if (boxes.FirstOrDefault(b => b.Count() > 1) is { } twice)
            throw new VerbException($"There are several boxes on slice {twice.Key}. One object has one box on a slice.");
        SlicePrompt[] prompts =
        [
            .. points.Select(p => p.Key).Union(boxes.Select(b => b.Key))
                .Select(index => new SlicePrompt(axis, index, [.. points[index]], boxes[index].Select(b => (PromptBox?)b).FirstOrDefault()))
                .OrderBy(p => SaysWhere(p) ? 0 : 1).ThenBy(p => p.Index),
        ];
        return prompts.Length > 0 && SaysWhere(prompts[0])
            ? prompts
            : throw new VerbException("Nothing says where the object is. Give a --point of it, or a --box around it.");

        IEnumerable<(int Slice, double[] Values)> Parts(double[][]? given, int count) => (given ?? []).Select(values => (
            values.Length > count ? (int)values[count] : slice ?? throw new VerbException("A prompt names no slice. Put it behind the coordinates, or give --slice."),
            values));
    }

    private static bool SaysWhere(SlicePrompt prompt) => prompt.Box is not null || prompt.Points.Any(p => p.Include);

    private static Option<double[][]> Numbers(string name, string form, string description, int count) => new(name)
    {
        HelpName = form,
        Description = description,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => [.. result.Tokens.Select(token => Parse(token.Value, count) ?? Refuse<double[]>(result, $"{name} takes {form}, not '{token.Value}'.", []))],
    };

    private static double[]? Parse(string text, int count)
    {
        var parts = text.Split(',');
        if (parts.Length != count && parts.Length != count + 1)
            return null;
        var values = new double[parts.Length];
        for (var n = 0; n < parts.Length; n++)
        {
            if (!double.TryParse(parts[n], NumberStyles.Float, CultureInfo.InvariantCulture, out values[n]) || !double.IsFinite(values[n]))
                return null;
        }

        return parts.Length == count || (values[count] == Math.Round(values[count]) && Math.Abs(values[count]) < int.MaxValue) ? values : null;
    }

    private static T Refuse<T>(ArgumentResult result, string message, T value)
    {
        result.AddError(message);
        return value;
    }
}
