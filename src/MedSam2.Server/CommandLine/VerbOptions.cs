using System.CommandLine;
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
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is { } value && (value < least || value > most))
                result.AddError($"{option.Name} lies in {least} to {most}.");
        });
        return option;
    }

    public static Option<int> Number(string name, string description, int initial, int least, int most)
    {
        var option = new Option<int>(name) { HelpName = "N", Description = $"{description} Default: {initial}.", DefaultValueFactory = _ => initial };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is var value && (value < least || value > most))
                result.AddError($"{name} lies in {least} to {most}.");
        });
        return option;
    }

    public static Option<double> Real(string name, string unit, string description, double initial, double least, double most)
    {
        var text = initial.ToString(CultureInfo.InvariantCulture);
        var option = new Option<double>(name) { HelpName = unit, Description = $"{description} Default: {text}.", DefaultValueFactory = _ => initial };
        option.Validators.Add(result =>
        {
            if (!(result.GetValueOrDefault<double>() is var value && value >= least && value <= most))
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} lies in {least} to {most}."));
        });
        return option;
    }
}
