using System.Text;
using MedSam2.Studies.Store;

namespace MedSam2.Studies.Datastore;

/// <summary>Ids of images and tags of labels. They become file names, so what could leave a folder is refused.</summary>
public static class DatastoreName
{
    private const int MostBytes = 200;

    public static bool IsValid(string? name)
    {
        if (name is not { Length: > 0 } || Encoding.UTF8.GetByteCount(name) > MostBytes)
            return false;
        if (name[0] is '.' or ' ' || name[^1] is '.' or ' ' || name.Contains("..", StringComparison.Ordinal))
            return false;
        return !name.Any(c => c is '/' or '\\' or ':' or '"' || char.IsControl(c)) && !HasLoneSurrogate(name);
    }

    /// <exception cref="StudyStoreException">It cannot be the name of a file.</exception>
    public static string Require(string? name, string what) => IsValid(name)
        ? name!
        : throw new StudyStoreException(StoreFault.BadRequest, $"The {what} must have 1 to {MostBytes} bytes, begin and end with no dot or space, and hold no '..', '/', '\\', ':', '\"' or control character.");

    private static bool HasLoneSurrogate(string name)
    {
        foreach (var rune in name.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar)
                return true;
        }

        return false;
    }
}
