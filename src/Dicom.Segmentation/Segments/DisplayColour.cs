namespace Dicom.Segmentation;

/// <summary>A colour as DICOM stores it: CIELab under D50, each component scaled to 16 bits (PS3.3 C.10.7.1.1).</summary>
public readonly record struct DisplayColour(ushort L, ushort A, ushort B)
{
    // The white point D50, and sRGB's primaries brought to it by the Bradford transform.
    private const double WhiteX = 0.96422, WhiteY = 1, WhiteZ = 0.82521;
    private const double Kappa = 24389.0 / 27, Epsilon = 216.0 / 24389;

    /// <summary>From an sRGB colour as screens show it.</summary>
    public static DisplayColour FromRgb(byte red, byte green, byte blue)
    {
        double r = Linear(red), g = Linear(green), b = Linear(blue);
        var x = Response(((0.4360747 * r) + (0.3850649 * g) + (0.1430804 * b)) / WhiteX);
        var y = Response(((0.2225045 * r) + (0.7168786 * g) + (0.0606169 * b)) / WhiteY);
        var z = Response(((0.0139322 * r) + (0.0971045 * g) + (0.7141733 * b)) / WhiteZ);
        return new DisplayColour(
            Scale(((116 * y) - 16) / 100),
            Scale(((500 * (x - y)) + 128) / 255),
            Scale(((200 * (y - z)) + 128) / 255));

        static double Linear(byte value)
        {
            var c = value / 255.0;
            return c <= 0.04045 ? c / 12.92 : Math.Pow((c + 0.055) / 1.055, 2.4);
        }

        static double Response(double t) => t > Epsilon ? Math.Cbrt(t) : ((Kappa * t) + 16) / 116;

        static ushort Scale(double share) => (ushort)Math.Round(Math.Clamp(share, 0, 1) * ushort.MaxValue);
    }

    /// <summary>The nearest sRGB colour.</summary>
    public (byte Red, byte Green, byte Blue) ToRgb()
    {
        var lightness = L / 655.35;
        var fy = (lightness + 16) / 116;
        var fx = fy + (((A * 255.0 / ushort.MaxValue) - 128) / 500);
        var fz = fy - (((B * 255.0 / ushort.MaxValue) - 128) / 200);
        double x = Inverse(fx) * WhiteX, y = Inverse(fy) * WhiteY, z = Inverse(fz) * WhiteZ;
        return (
            Encode((3.1338561 * x) - (1.6168667 * y) - (0.4906146 * z)),
            Encode((-0.9787684 * x) + (1.9161415 * y) + (0.0334540 * z)),
            Encode((0.0719453 * x) - (0.2289914 * y) + (1.4052427 * z)));

        static double Inverse(double f) => f * f * f > Epsilon ? f * f * f : ((116 * f) - 16) / Kappa;

        static byte Encode(double linear)
        {
            var c = linear <= 0.0031308 ? 12.92 * linear : (1.055 * Math.Pow(linear, 1 / 2.4)) - 0.055;
            return (byte)Math.Round(Math.Clamp(c, 0, 1) * 255);
        }
    }
}
