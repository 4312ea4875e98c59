using System.Linq.Expressions;
using FellowOakDicom;
using Microsoft.EntityFrameworkCore;

namespace MedSam2.Studies.Store.Query;

/// <summary>Turns a filter into a condition that the database evaluates (PS3.4 C.2.2.2).</summary>
internal static class AttributeMatch
{
    private const char Escape = '\\';

    private static readonly char[] Wildcards = ['*', '?'];

    private static readonly char[] Separators = ['\\', ','];

    public static Expression<Func<QueryRow, bool>> Condition(SearchableAttribute attribute, string value) => Compose(attribute.Value, attribute.Kind switch
    {
        MatchKind.Uid => Uids(value),
        MatchKind.Code => Codes(value),
        MatchKind.Text => Text(value),
        MatchKind.Name => Name(value),
        MatchKind.Date => Range(attribute.Tag, value, Date),
        MatchKind.Time => Range(attribute.Tag, value, Time),
        _ => throw new ArgumentOutOfRangeException(nameof(attribute), attribute.Kind, "Unknown kind of match."),
    });

    private static Expression<Func<string, bool>> Uids(string value)
    {
        var uids = value.Split(Separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (var uid in uids)
            DicomUidText.Require(uid, "UID in the query");
        return uids is [var single] ? v => v == single : v => uids.Contains(v);
    }

    private static Expression<Func<string, bool>> Codes(string value)
    {
        var codes = value.Split(Separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return codes.Length > 1 ? v => codes.Contains(v) : Text(value);
    }

    private static Expression<Func<string, bool>> Text(string value)
    {
        if (value.IndexOfAny(Wildcards) < 0)
            return v => v == value;
        // SQLite's GLOB has DICOM's two wildcards, and sets in brackets, which DICOM has not.
        var pattern = value.Replace("[", "[[]", StringComparison.Ordinal);
        return v => EF.Functions.Glob(v, pattern);
    }

    private static Expression<Func<string, bool>> Name(string value)
    {
        var pattern = string.Concat(value.Select(c => c switch
        {
            '*' => "%",
            '?' => "_",
            '%' or '_' or Escape => $"{Escape}{c}",
            _ => c.ToString(),
        }));
        return v => EF.Functions.Like(v, pattern, Escape.ToString());
    }

    private static Expression<Func<string, bool>> Range(DicomTag tag, string value, Func<DicomTag, string, string> normalize)
    {
        var dash = value.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0)
        {
            var start = normalize(tag, value);
            return v => v.StartsWith(start);
        }

        var (from, to) = (value[..dash].Trim(), value[(dash + 1)..].Trim());
        if (from.Length == 0 && to.Length == 0)
            throw Malformed(tag);
        var low = from.Length == 0 ? "" : normalize(tag, from);
        // A tilde sorts after every digit: the end of a range takes in whatever is more precise than it.
        var high = to.Length == 0 ? "~" : normalize(tag, to) + "~";
        return v => v != "" && string.Compare(v, low) >= 0 && string.Compare(v, high) <= 0;
    }

    private static string Date(DicomTag tag, string text) =>
        text.Length == 8 && text.All(char.IsAsciiDigit) ? text : throw Malformed(tag);

    private static string Time(DicomTag tag, string text)
    {
        var digits = text.Replace(":", "", StringComparison.Ordinal);
        var whole = digits.Split('.')[0];
        return whole.Length is 2 or 4 or 6 && digits.Length <= 13 && digits.All(c => char.IsAsciiDigit(c) || c == '.') ? digits : throw Malformed(tag);
    }

    private static StudyStoreException Malformed(DicomTag tag) => new(
        StoreFault.BadRequest,
        $"The value for {tag.DictionaryEntry.Keyword} is no date (YYYYMMDD), time (HHMMSS) or range of them (from-to, from-, -to). Correct the query.");

    private static Expression<Func<QueryRow, bool>> Compose(Expression<Func<QueryRow, string>> value, Expression<Func<string, bool>> condition) =>
        Expression.Lambda<Func<QueryRow, bool>>(new Substitute(condition.Parameters[0], value.Body).Visit(condition.Body), value.Parameters);

    private sealed class Substitute(ParameterExpression parameter, Expression replacement) : ExpressionVisitor
    {
        protected override Expression VisitParameter(ParameterExpression node) => node == parameter ? replacement : node;
    }
}
