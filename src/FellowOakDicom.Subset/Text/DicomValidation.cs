using System.Globalization;
using System.Text.RegularExpressions;

namespace FellowOakDicom;

/// <summary>What PS3.5 section 6.2 allows in one value of a text representation.</summary>
public static partial class DicomValidation
{
    public static void ValidateAE(string content)
    {
        MaximumLength(content, DicomVR.AE, 16);
        Require(content.AsSpan().Trim().Length > 0, content, DicomVR.AE, "value may not consist only of spaces");
        Require(!content.Any(c => c == '\\' || char.IsControl(c)), content, DicomVR.AE, "value contains a control character or a backslash");
    }

    public static void ValidateAS(string content) =>
        Require(string.IsNullOrEmpty(content) || Age().IsMatch(content), content, DicomVR.AS, "value does not have the pattern 000[DWMY]");

    public static void ValidateCS(string content)
    {
        MaximumLength(content, DicomVR.CS, 16);
        Require(Code().IsMatch(content), content, DicomVR.CS, "only upper-case letters, digits, space and underscore are allowed");
    }

    public static void ValidateDA(string content)
    {
        var days = content.Split('-');
        Require(days.Length <= 2, content, DicomVR.DA, "value contains more than one range separator '-'");
        foreach (var day in days.Select(day => day.TrimEnd(' ')).Where(day => day.Length > 0))
        {
            Require(Day().IsMatch(day), content, DicomVR.DA, "value does not have the pattern YYYYMMDD");
            Require(Digits(day, 4) <= 12, content, DicomVR.DA, "month exceeds 12");
            Require(Digits(day, 6) <= 31, content, DicomVR.DA, "day exceeds 31");
        }
    }

    public static void ValidateDS(string content)
    {
        MaximumLength(content, DicomVR.DS, 16);
        Require(DecimalNumber().IsMatch(content.Trim()), content, DicomVR.DS, "value is no decimal string");
    }

    public static void ValidateDT(string content)
    {
        var match = DateTimeRange().Match(content);
        Require(match.Success, content, DicomVR.DT, "value does not have the pattern YYYY[MM[DD[HH[MM[SS[.F{1-6}]]]]]][&ZZXX] or a range of two");
        var ranges = new (string Group, int Minimum, int Maximum)[]
        {
            ("month", 1, 12), ("day", 1, 31), ("hour", 0, 23), ("minute", 0, 59), ("second", 0, 60), ("east", 0, 14), ("west", 0, 12), ("offsetMinute", 0, 59),
        };
        foreach (var (group, minimum, maximum) in ranges)
        {
            foreach (Capture capture in match.Groups[group].Captures)
                Require(Digits(capture.Value, 0) >= minimum && Digits(capture.Value, 0) <= maximum, content, DicomVR.DT, $"{group} is not in {minimum} to {maximum}");
        }

        Require(!content.Contains("-0000", StringComparison.Ordinal), content, DicomVR.DT, "an offset of -0000 is not allowed");
    }

    public static void ValidateIS(string content)
    {
        if (string.IsNullOrEmpty(content))
            return;
        var number = content.Trim(' ');
        Require(Integer().IsMatch(number), content, DicomVR.IS, "value is no integer string");
        Require(int.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _), content, DicomVR.IS, "value does not fit 32 bits");
    }

    public static void ValidateLO(string content) => ShortText(content, DicomVR.LO, 64);

    public static void ValidateLT(string content) => MaximumLength(content, DicomVR.LT, 10240);

    public static void ValidatePN(string content)
    {
        if (string.IsNullOrEmpty(content))
            return;
        var groups = content.Split('=');
        Require(groups.Length <= 3, content, DicomVR.PN, "value contains more than three groups");
        foreach (var group in groups)
        {
            MaximumLength(group, DicomVR.PN, 64);
            Require(!group.Any(IsForbiddenControl), content, DicomVR.PN, "value contains a control character");
            Require(group.Count(c => c == '^') <= 4, content, DicomVR.PN, "value contains more than five components");
        }
    }

    public static void ValidateSH(string content) => ShortText(content, DicomVR.SH, 16);

    public static void ValidateST(string content) => MaximumLength(content, DicomVR.ST, 1024);

    public static void ValidateTM(string content)
    {
        var times = content.Split('-');
        Require(times.Length <= 2, content, DicomVR.TM, "value contains more than one range separator '-'");
        foreach (var time in times.Select(time => time.TrimEnd(' ')).Where(time => time.Length > 0))
        {
            Require(Time().IsMatch(time), content, DicomVR.TM, "value does not have the pattern HH, HHMM, HHMMSS or HHMMSS.F{1-6}");
            Require(Digits(time, 0) <= 23, content, DicomVR.TM, "hour exceeds 23");
            Require(time.Length < 4 || Digits(time, 2) <= 59, content, DicomVR.TM, "minute exceeds 59");
            Require(time.Length < 6 || Digits(time, 4) <= 60, content, DicomVR.TM, "second exceeds 60");
        }
    }

    public static void ValidateUI(string content)
    {
        var uid = content.TrimEnd(' ');
        if (uid.Length == 0)
            return;
        MaximumLength(uid, DicomVR.UI, 64);
        Require(uid.All(c => char.IsAsciiDigit(c) || c == '.'), content, DicomVR.UI, "only digits and '.' are allowed");
        Require(!uid.StartsWith('0') && !LeadingZero().IsMatch(uid), content, DicomVR.UI, "a component has a leading zero");
        Require(!uid.Split('.').Contains(""), content, DicomVR.UI, "a component is empty");
    }

    private static void ShortText(string content, DicomVR vr, int maximum)
    {
        if (string.IsNullOrEmpty(content))
            return;
        MaximumLength(content, vr, maximum);
        Require(!content.Any(c => c == '\\' || IsForbiddenControl(c)), content, vr, "value contains a control character or a backslash");
    }

    private static void MaximumLength(string content, DicomVR vr, int maximum) =>
        Require(content is null || content.Length <= maximum, content, vr, $"value exceeds the maximum length of {maximum} characters");

    private static void Require(bool condition, string content, DicomVR vr, string fault)
    {
        if (!condition)
            throw new DicomValidationException(content, vr, fault);
    }

    private static bool IsForbiddenControl(char c) => char.IsControl(c) && c != '\u001b';

    private static int Digits(string text, int start) => int.Parse(text.AsSpan(start, 2), NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^[0-9]{3}[DWMY]$")]
    private static partial Regex Age();

    [GeneratedRegex(@"^[A-Z0-9_ ]*$")]
    private static partial Regex Code();

    [GeneratedRegex(@"^[0-9]{8}$")]
    private static partial Regex Day();

    [GeneratedRegex(@"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$")]
    private static partial Regex DecimalNumber();

    [GeneratedRegex(@"^[+-]?[0-9]+$")]
    private static partial Regex Integer();

    [GeneratedRegex(@"^([0-9]{2}|[0-9]{4}|[0-9]{6}(\.[0-9]{1,6})?)$")]
    private static partial Regex Time();

    [GeneratedRegex(@"\.0[0-9]")]
    private static partial Regex LeadingZero();

    // One moment, or two of which either may be missing. A four-digit number up to 1200 after '-' is an offset, not a year.
    [GeneratedRegex(@"^(?=[^-]|-[0-9])(?:(?<moment>[0-9]{4}(?:(?<month>[0-9]{2})(?:(?<day>[0-9]{2})(?:(?<hour>[0-9]{2})(?:(?<minute>[0-9]{2})(?:(?<second>[0-9]{2})(?:\.[0-9]{1,6})?)?)?)?)?)?(?:\+(?<east>[0-9]{2})(?<offsetMinute>[0-9]{2})|-(?<west>0[0-9]|1[0-2])(?<offsetMinute>[0-9]{2}))?)? *(?:-|$)){1,2}$|^ *$")]
    private static partial Regex DateTimeRange();
}
