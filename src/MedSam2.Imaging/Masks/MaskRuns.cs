using MedSam2.Imaging.Formats;

namespace MedSam2.Imaging.Masks;

/// <summary>
/// A mask as it travels: the bounding box of its pixels, and run lengths over the box's pixels in row-major order. Runs are
/// unsigned varints (seven bits a byte, least significant group first, the top bit set on all but the last byte), alternate
/// between background and mask, start with background (which alone may be 0 long) and add up to the area of the box.
/// An empty mask is an empty box without runs.
/// </summary>
/// <param name="Box">Where the mask is on its slice.</param>
/// <param name="Runs">The encoded run lengths.</param>
public sealed record MaskRuns(PixelBox Box, ReadOnlyMemory<byte> Runs)
{
    public static readonly MaskRuns Empty = new(PixelBox.Empty, ReadOnlyMemory<byte>.Empty);

    public static MaskRuns Encode(Mask mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        return Encode(mask.Pixels, mask.Width);
    }

    /// <param name="pixels">0 for background and anything else for the mask, row by row.</param>
    /// <param name="width">Pixels in a row.</param>
    public static MaskRuns Encode(ReadOnlySpan<byte> pixels, int width)
    {
        var box = PixelBox.Around(pixels, width);
        if (box.IsEmpty)
            return Empty;

        var writer = new RunWriter(box.Height * 4);
        var (inMask, length) = (false, 0);
        for (var y = box.Y; y < box.Y + box.Height; y++)
        {
            var row = pixels.Slice((y * width) + box.X, box.Width);
            while (!row.IsEmpty)
            {
                var same = inMask ? row.IndexOf((byte)0) : row.IndexOfAnyExcept((byte)0);
                if (same < 0)
                {
                    length += row.Length;
                    break;
                }

                writer.Add(length + same);
                (inMask, length) = (!inMask, 0);
                row = row[same..];
            }
        }

        writer.Add(length);
        return new MaskRuns(box, writer.Written);
    }

    /// <exception cref="ImageFormatException">The box does not lie on the slice, or the runs do not fill it exactly.</exception>
    public Mask Decode(int width, int height)
    {
        CheckBox(width, height);
        var mask = new Mask(width, height);
        Decode(mask.Pixels, width, height);
        return mask;
    }

    /// <summary>Sets the mask's pixels to 1 and all others to 0. Nothing is written where the runs are refused.</summary>
    /// <inheritdoc cref="Decode(int, int)" path="/exception"/>
    public void Decode(Span<byte> pixels, int width, int height)
    {
        if (pixels.Length != (long)width * height)
            throw new ArgumentException($"A slice of {width} x {height} has {(long)width * height} pixels, but room for {pixels.Length} was given.", nameof(pixels));
        CheckBox(width, height);
        CheckRuns();

        pixels.Clear();
        var runs = Runs.Span;
        var (inMask, position) = (false, 0);
        while (!runs.IsEmpty)
        {
            var length = ReadRun(ref runs);
            if (inMask)
                Fill(pixels, width, position, length);
            position += length;
            inMask = !inMask;
        }
    }

    /// <summary>Number of mask pixels.</summary>
    /// <exception cref="ImageFormatException">The runs do not fill the box exactly.</exception>
    public int Count()
    {
        CheckRuns();
        var runs = Runs.Span;
        var (inMask, count) = (false, 0);
        for (; !runs.IsEmpty; inMask = !inMask)
        {
            var length = ReadRun(ref runs);
            count += inMask ? length : 0;
        }

        return count;
    }

    public bool Equals(MaskRuns? other) => other is not null && Box == other.Box && Runs.Span.SequenceEqual(other.Runs.Span);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Box);
        hash.AddBytes(Runs.Span);
        return hash.ToHashCode();
    }

    private void Fill(Span<byte> pixels, int width, int position, int length)
    {
        while (length > 0)
        {
            var (y, x) = Math.DivRem(position, Box.Width);
            var part = Math.Min(length, Box.Width - x);
            pixels.Slice(((Box.Y + y) * width) + Box.X + x, part).Fill(1);
            position += part;
            length -= part;
        }
    }

    private void CheckBox(int width, int height)
    {
        if (Box is { X: >= 0, Y: >= 0, Width: >= 0, Height: >= 0 } && Box.X <= width - Box.Width && Box.Y <= height - Box.Height && Box.Width == 0 == (Box.Height == 0))
            return;
        throw new ImageFormatException($"The mask's box ({Box.X}, {Box.Y}, {Box.Width} x {Box.Height}) does not lie on the slice of {width} x {height}. Send a box within it.");
    }

    private void CheckRuns()
    {
        var area = (long)Box.Width * Box.Height;
        var runs = Runs.Span;
        long sum = 0;
        for (var first = true; !runs.IsEmpty; first = false)
        {
            var length = ReadRun(ref runs);
            if (length == 0 && !first)
                throw new ImageFormatException("A run of the mask is 0 long. Only the first run may be; join its neighbours.");
            sum += length;
            if (sum > area)
                break;
        }

        if (sum != area)
            throw new ImageFormatException($"The mask's runs {(sum > area ? "exceed" : "end before")} the {area} pixels of its box. Send runs that fill the box exactly.");
    }

    private static int ReadRun(ref ReadOnlySpan<byte> runs)
    {
        var value = 0L;
        for (var n = 0; n < 5 && n < runs.Length; n++)
        {
            value |= (long)(runs[n] & 0x7F) << (7 * n);
            if (runs[n] >= 0x80)
                continue;
            if (value > int.MaxValue || (n > 0 && runs[n] == 0))
                break;
            runs = runs[(n + 1)..];
            return (int)value;
        }

        throw new ImageFormatException("A run of the mask is not an unsigned varint of at most 31 bits in its shortest form. Encode the mask again.");
    }

    private ref struct RunWriter(int capacity)
    {
        private byte[] _bytes = new byte[Math.Max(16, capacity)];
        private int _length;

        public readonly ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

        public void Add(int run)
        {
            if (_length + 5 > _bytes.Length)
                Array.Resize(ref _bytes, 2 * _bytes.Length);
            var value = (uint)run;
            for (; value >= 0x80; value >>= 7)
                _bytes[_length++] = (byte)(value | 0x80);
            _bytes[_length++] = (byte)value;
        }
    }
}
