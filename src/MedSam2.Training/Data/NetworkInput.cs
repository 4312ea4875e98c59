namespace MedSam2.Training.Data;

/// <summary>Grey slices as the network takes them: three equal channels, with the mean and deviation that SAM 2 was trained with.</summary>
internal static class NetworkInput
{
    private static readonly float[] Mean = [0.485f, 0.456f, 0.406f];
    private static readonly float[] Deviation = [0.229f, 0.224f, 0.225f];

    /// <param name="grey">Values from 0 to 1, <c>S * S</c> of them.</param>
    /// <param name="destination"><c>3 * S * S</c> values.</param>
    public static void Normalize(ReadOnlySpan<float> grey, Span<float> destination)
    {
        for (var channel = 0; channel < 3; channel++)
        {
            var plane = destination.Slice(channel * grey.Length, grey.Length);
            for (var n = 0; n < grey.Length; n++)
                plane[n] = (grey[n] - Mean[channel]) / Deviation[channel];
        }
    }
}
