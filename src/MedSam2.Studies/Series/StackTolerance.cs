namespace MedSam2.Studies.Series;

/// <summary>
/// How far headers may stray from an even grid before a stack is refused. The defaults forgive positions that were
/// rounded to tenths of a millimetre and nothing that a person could see.
/// </summary>
/// <param name="Direction">Length of the difference between two direction cosines; 0.002 is about a tenth of a degree.</param>
/// <param name="PixelSpacing">Relative difference of pixel spacings.</param>
/// <param name="Gap">A slice's distance from its place on the even grid, as a share of the slice distance.</param>
/// <param name="Rounding">The same in mm, for positions written with few digits; never more than a quarter of the slice distance.</param>
/// <param name="Drift">Shift of a slice within its plane, in pixels.</param>
public sealed record StackTolerance(
    double Direction = 2e-3,
    double PixelSpacing = 1e-3,
    double Gap = 0.05,
    double Rounding = 0.1,
    double Drift = 0.5)
{
    public static readonly StackTolerance Default = new();

    internal double AllowedGapError(double gap) => Math.Max(Gap * gap, Math.Min(Rounding, gap / 4));
}
