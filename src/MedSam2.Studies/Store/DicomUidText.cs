namespace MedSam2.Studies.Store;

/// <summary>The form of a UID (PS3.5 section 9): digits and single dots, at most 64. What passes is safe as a file name.</summary>
public static class DicomUidText
{
    /// <summary>Components with leading zeros are let through: scanners write them, and they harm nothing here.</summary>
    public static bool IsValid(string? uid)
    {
        if (uid is not { Length: > 0 and <= 64 } || uid[0] == '.' || uid[^1] == '.')
            return false;
        for (var n = 0; n < uid.Length; n++)
        {
            if (!char.IsAsciiDigit(uid[n]) && (uid[n] != '.' || uid[n - 1] == '.'))
                return false;
        }

        return true;
    }

    internal static string Require(string? uid, string name) => IsValid(uid)
        ? uid!
        : throw new StudyStoreException(StoreFault.BadRequest, $"The {name} is not a DICOM UID (1 to 64 digits and dots). Correct it.");
}
