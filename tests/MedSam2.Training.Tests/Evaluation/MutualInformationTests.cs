using MedSam2.Training.Evaluation;
using Xunit;

namespace MedSam2.Training.Tests.Evaluation;

public sealed class MutualInformationTests
{
    [Fact]
    public void A_picture_tells_all_of_itself()
    {
        // Four equally frequent grey values far apart: an entropy of 2 bit.
        float[] picture = [.. Enumerable.Range(0, 400).Select(n => n % 4 * 64f)];
        Assert.Equal(2, MutualInformation.Bits(picture, picture), 1e-12);
    }

    [Fact]
    public void Independent_pictures_tell_nothing_of_each_other()
    {
        float[] a = [.. Enumerable.Range(0, 400).Select(n => n % 2 * 200f)];
        float[] b = [.. Enumerable.Range(0, 400).Select(n => n / 2 % 2 * 200f)];
        Assert.Equal(0, MutualInformation.Bits(a, b), 1e-12);
    }

    [Fact]
    public void Half_of_two_bits_is_one_bit()
    {
        float[] a = [.. Enumerable.Range(0, 400).Select(n => n % 4 * 64f)];
        float[] b = [.. Enumerable.Range(0, 400).Select(n => n % 2 * 64f)];
        Assert.Equal(1, MutualInformation.Bits(a, b), 1e-12);
    }
}
