using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using MedSam2.Server.Method;

namespace MedSam2.Server.CommandLine;

/// <summary>Options of verbs that say their default and check their range.</summary>
internal static class VerbOptions
{
    public static Option<T> Choice<T>(string name, string description, T initial)
        where T : struct, Enum => Named(name, description, new NameTable<T>([.. Enum.GetValues<T>().OrderBy(value => !value.Equals(initial)).Select(value => (value.ToString(), value))]));

    /// <summary>A choice that has names of its own.</summary>
    public static Option<T> Named<T>(string name, string description, NameTable<T> names)
        where T : struct, Enum => new(name)
        {
            HelpName = string.Join('|', names.Names),
            Description = $"{description} Default: {names.Names[0]}.",
            DefaultValueFactory = _ => names.Default,
            CustomParser = result =>
            {
                if (names.Find(result.Tokens[0].Value) is { } value)
                    return value;
                result.AddError($"{name} is '{result.Tokens[0].Value}', but can be {names.Choices}.");
                return default;
            },
        };

    /// <summary>Checks the range of a number that may be left out.</summary>
    public static Option<int?> Within(Option<int?> option, int least, int most)
    {
        option.CustomParser = result => Whole(result, option.Name, least, most);
        return option;
    }

    public static Option<int> Number(string name, string description, int initial, int least, int most) => new(name)
    {
        HelpName = "N",
        Description = $"{description} Default: {initial}.",
        DefaultValueFactory = _ => initial,
        CustomParser = result => Whole(result, name, least, most),
    };

    public static Option<double> Real(string name, string unit, string description, double initial, double least, double most)
    {
        var text = initial.ToString(CultureInfo.InvariantCulture);
        return new(name)
        {
            HelpName = unit,
            Description = $"{description} Default: {text}.",
            DefaultValueFactory = _ => initial,
            CustomParser = result =>
            {
                if (double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most)
                    return value;
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is '{result.Tokens[0].Value}', but is a number from {least} to {most}."));
                return initial;
            },
        };
    }

    private static int Whole(ArgumentResult result, string name, int least, int most)
    {
        if (int.TryParse(result.Tokens[0].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most)
            return value;
        result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is '{result.Tokens[0].Value}', but is a whole number from {least} to {most}."));
        return least;
    }
}
