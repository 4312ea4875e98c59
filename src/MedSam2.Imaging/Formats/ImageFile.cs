using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Imaging.Formats.Nrrd;
using MedSam2.Imaging.Volumes;

namespace MedSam2.Imaging.Formats;

/// <summary>Reads a volume or label map in whichever format its first bytes say, whatever the file is called.</summary>
public static class ImageFile
{
    /// <exception cref="ImageFormatException">The file is neither NIfTI nor NRRD, or its reader refuses it.</exception>
    public static Volume ReadVolume(string path, FormatLimits? limits = null, CancellationToken cancellation = default) =>
        IsNrrd(path) ? NrrdFile.ReadVolume(path, limits, cancellation) : NiftiFile.ReadVolume(path, limits, cancellation);

    /// <inheritdoc cref="ReadVolume(string, FormatLimits?, CancellationToken)" path="/exception"/>
    public static Volume ReadVolume(Stream stream, FormatLimits? limits = null, CancellationToken cancellation = default) =>
        IsNrrd(stream) ? NrrdFile.ReadVolume(stream, limits, cancellation) : NiftiFile.ReadVolume(stream, limits, cancellation);

    /// <summary>Refuses what <see cref="ReadVolume(string, FormatLimits?, CancellationToken)"/> refuses, but keeps nothing of the volume in memory.</summary>
    /// <inheritdoc cref="ReadVolume(string, FormatLimits?, CancellationToken)" path="/exception"/>
    public static void CheckVolume(string path, FormatLimits? limits = null, CancellationToken cancellation = default)
    {
        if (IsNrrd(path))
            NrrdFile.CheckVolume(path, limits, cancellation);
        else
            NiftiFile.CheckVolume(path, limits, cancellation);
    }

    /// <inheritdoc cref="ReadVolume(string, FormatLimits?, CancellationToken)" path="/exception"/>
    public static LabelMap ReadLabelMap(string path, FormatLimits? limits = null, CancellationToken cancellation = default) =>
        IsNrrd(path) ? NrrdFile.ReadLabelMap(path, limits, cancellation) : NiftiFile.ReadLabelMap(path, limits, cancellation);

    /// <inheritdoc cref="ReadVolume(string, FormatLimits?, CancellationToken)" path="/exception"/>
    public static LabelMap ReadLabelMap(Stream stream, FormatLimits? limits = null, CancellationToken cancellation = default) =>
        IsNrrd(stream) ? NrrdFile.ReadLabelMap(stream, limits, cancellation) : NiftiFile.ReadLabelMap(stream, limits, cancellation);

    private static bool IsNrrd(string path)
    {
        using var file = File.OpenRead(path);
        return IsNrrd(file);
    }

    private static bool IsNrrd(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanSeek)
            throw new ArgumentException("An image file is read from a seekable stream; copy the data into a file or memory first.", nameof(stream));
        Span<byte> magic = stackalloc byte[4];
        var start = stream.Position;
        var read = stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        stream.Position = start;
        return read == magic.Length && magic.SequenceEqual("NRRD"u8);
    }
}
