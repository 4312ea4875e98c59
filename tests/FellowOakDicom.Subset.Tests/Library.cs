namespace FellowOakDicom.Tests;

/// <summary>Which of the two libraries the tests run with.</summary>
internal static class Library
{
    public static bool IsSubset => typeof(DicomFile).Assembly.GetName().Name == "FellowOakDicom.Subset";
}
