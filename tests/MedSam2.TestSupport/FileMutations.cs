namespace MedSam2.TestSupport;

/// <summary>Good files with some bytes changed, always in the same way for a seed.</summary>
public static class FileMutations
{
    /// <summary>Endless variants of a file: bits and bytes changed, lengths and markers overwritten, pieces copied or cut out, ends cut off.</summary>
    /// <param name="original">The good file.</param>
    /// <param name="seed">Which variants.</param>
    /// <param name="first">Bytes before this stay.</param>
    /// <param name="head">Where structure ends: three changes of four are before it.</param>
    public static IEnumerable<byte[]> Of(byte[] original, int seed, int first = 0, int head = 4000)
    {
        ArgumentNullException.ThrowIfNull(original);
        var random = new Random(seed);
        while (true)
            yield return Mutate(original, random, first, head);
    }

    private static byte[] Mutate(byte[] original, Random random, int first, int head)
    {
        var bytes = (byte[])original.Clone();
        for (var n = random.Next(1, 8); n > 0; n--)
        {
            var end = random.Next(4) == 0 ? bytes.Length : Math.Min(bytes.Length, head);
            if (end <= first)
                break;
            var at = random.Next(first, end);
            switch (random.Next(16))
            {
                case < 4:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case < 8:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case < 10:
                    bytes.AsSpan(at, Math.Min(4, bytes.Length - at)).Fill((byte)(random.Next(2) == 0 ? 0xff : 0));
                    break;
                case < 12:
                    // A length or number of two or four bytes: small, negative, enormous.
                    var number = BitConverter.GetBytes(random.Next(int.MinValue, int.MaxValue) >> random.Next(31));
                    number.AsSpan(0, Math.Min(random.Next(2) == 0 ? 2 : 4, bytes.Length - at)).CopyTo(bytes.AsSpan(at));
                    break;
                case < 14:
                    var length = Math.Min(random.Next(1, 64), bytes.Length - at);
                    original.AsSpan(random.Next(original.Length - length + 1), length).CopyTo(bytes.AsSpan(at));
                    break;
                case 14:
                    bytes = [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + random.Next(1, 40))..]];
                    break;
                default:
                    bytes = bytes[..at];
                    break;
            }
        }

        return bytes;
    }
}
