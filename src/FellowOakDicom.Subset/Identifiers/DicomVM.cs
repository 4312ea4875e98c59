using System.Collections.Concurrent;
using System.Globalization;

namespace FellowOakDicom;

/// <summary>How many values an attribute may hold, as PS3.6 writes it: <c>1</c>, <c>1-3</c>, <c>2-2n</c>.</summary>
public class DicomVM(int minimum, int maximum, int multiplicity)
{
    private static readonly ConcurrentDictionary<string, DicomVM> Known = new();

    public int Minimum { get; } = minimum;

    public int Maximum { get; } = maximum;

    public int Multiplicity { get; } = multiplicity;

    public static DicomVM Parse(string s) => Known.GetOrAdd(s, Read);

    public override string ToString()
    {
        if (Minimum == Maximum)
            return Minimum.ToString(CultureInfo.InvariantCulture);
        if (Maximum != int.MaxValue)
            return $"{Minimum}-{Maximum}";
        return Multiplicity > 1 ? $"{Minimum}-{Multiplicity}n" : $"{Minimum}-n";
    }

    private static DicomVM Read(string s)
    {
        var parts = s.Split('-');
        if (parts.Length is 1 or 2 && TryNumber(parts[0], out var minimum))
        {
            if (parts.Length == 1)
                return new DicomVM(minimum, minimum, minimum);
            if (TryNumber(parts[1], out var maximum))
                return new DicomVM(minimum, maximum, 1);
            if (parts[1] == "n")
                return new DicomVM(minimum, int.MaxValue, 1);
            if (parts[1].EndsWith('n') && TryNumber(parts[1][..^1], out var multiplicity))
                return new DicomVM(minimum, int.MaxValue, multiplicity);
        }

        throw new DicomDataException($"Error parsing value multiplicity ['{s}']");
    }

    private static bool TryNumber(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
