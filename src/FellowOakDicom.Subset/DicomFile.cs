using System.Text;
using FellowOakDicom.IO.Reader;
using FellowOakDicom.IO.Writer;

namespace FellowOakDicom;

/// <summary>What becomes of values of at least 64 KiB when a file is opened.</summary>
public enum FileReadOption
{
    /// <summary>The same as <see cref="ReadLargeOnDemand"/>.</summary>
    Default,

    /// <summary>They stay in the file and are read each time somebody asks for them.</summary>
    ReadLargeOnDemand,

    /// <summary>They are left out of the dataset.</summary>
    SkipLargeTags,

    /// <summary>They are read at once.</summary>
    ReadAll,
}

/// <summary>What kind of file was opened.</summary>
public enum DicomFileFormat
{
    Unknown,
    DICOM3,
    DICOM3NoPreamble,
    DICOM3NoFileMetaInfo,
    ACRNEMA1,
    ACRNEMA2,
}

/// <summary>Where in a file the reader is, for a caller who wants to stop it.</summary>
public sealed class ParseState
{
    public DicomTag PreviousTag { get; set; }

    public DicomTag Tag { get; set; }

    /// <summary>0 outside of sequences.</summary>
    public int SequenceDepth { get; set; }
}

/// <summary>A dataset with its File Meta Information, in a file or stream (PS3.10).</summary>
public class DicomFile
{
    public DicomFile()
    {
        FileMetaInfo = new DicomFileMetaInformation();
        Dataset = new DicomDataset();
    }

    /// <exception cref="DicomDataException">The dataset lacks its SOP class or instance UID.</exception>
    public DicomFile(DicomDataset dataset)
    {
        Dataset = dataset;
        FileMetaInfo = new DicomFileMetaInformation(dataset);
    }

    public DicomFileFormat Format { get; private set; } = DicomFileFormat.DICOM3;

    public DicomFileMetaInformation FileMetaInfo { get; private set; }

    public DicomDataset Dataset { get; }

    /// <summary>The file ends in the middle of a value, or reading was stopped: later attributes are missing.</summary>
    public bool IsPartial { get; private set; }

    /// <exception cref="DicomFileException">There is no such file, or it is no DICOM file.</exception>
    public static DicomFile Open(string fileName, FileReadOption readOption = FileReadOption.Default, int largeObjectSize = 0) =>
        Open(fileName, DicomEncoding.Default, null, readOption, largeObjectSize);

    public static DicomFile Open(
        string fileName, Encoding fallbackEncoding, Func<ParseState, bool> stop = null, FileReadOption readOption = FileReadOption.Default, int largeObjectSize = 0)
    {
        ArgumentNullException.ThrowIfNull(fallbackEncoding);
        return Read(fallbackEncoding, file =>
        {
            using var stream = new FileStream(fileName, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            return new FileReader(new ByteSource(stream, fileName), new LargeValues(readOption, largeObjectSize), stop).Read(file, fallbackEncoding);
        });
    }

    /// <summary>Reads from the stream's position on. The stream must stay open for as long as large values are asked for.</summary>
    /// <exception cref="DicomFileException">The bytes are no DICOM file.</exception>
    public static DicomFile Open(Stream stream, FileReadOption readOption = FileReadOption.Default, int largeObjectSize = 0) =>
        Open(stream, DicomEncoding.Default, null, readOption, largeObjectSize);

    public static DicomFile Open(
        Stream stream, Encoding fallbackEncoding, Func<ParseState, bool> stop = null, FileReadOption readOption = FileReadOption.Default, int largeObjectSize = 0)
    {
        ArgumentNullException.ThrowIfNull(fallbackEncoding);
        return Read(fallbackEncoding, file => new FileReader(new ByteSource(stream), new LargeValues(readOption, largeObjectSize), stop).Read(file, fallbackEncoding));
    }

    public static Task<DicomFile> OpenAsync(string fileName, FileReadOption readOption = FileReadOption.Default, int largeObjectSize = 0) =>
        OpenAsync(fileName, DicomEncoding.Default, null, readOption, largeObjectSize);

    public static async Task<DicomFile> OpenAsync(
        string fileName, Encoding fallbackEncoding, Func<ParseState, bool> stop = null, FileReadOption readOption = FileReadOption.Default, int largeObjectSize = 0) =>
        await Task.Run(() => Open(fileName, fallbackEncoding, stop, readOption, largeObjectSize)).ConfigureAwait(false);

    public static Task<DicomFile> OpenAsync(Stream stream, FileReadOption readOption = FileReadOption.Default, int largeObjectSize = 0) =>
        OpenAsync(stream, DicomEncoding.Default, null, readOption, largeObjectSize);

    public static async Task<DicomFile> OpenAsync(
        Stream stream, Encoding fallbackEncoding, Func<ParseState, bool> stop = null, FileReadOption readOption = FileReadOption.Default, int largeObjectSize = 0) =>
        await Task.Run(() => Open(stream, fallbackEncoding, stop, readOption, largeObjectSize)).ConfigureAwait(false);

    /// <summary>Whether the file begins with a preamble and the letters DICM.</summary>
    public static bool HasValidHeader(string path)
    {
        try
        {
            using var file = File.OpenHandle(path);
            Span<byte> magic = stackalloc byte[4];
            return RandomAccess.Read(file, magic, 128) == 4 && magic.SequenceEqual("DICM"u8);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Writes the file anew. Its own large values must have been read before if it is the file that was opened.</summary>
    /// <exception cref="DicomFileException">The file was ACR-NEMA.</exception>
    public void Save(string fileName, DicomWriteOptions options = null)
    {
        PrepareMetaInfo();
        File.Delete(fileName);
        using var stream = new FileStream(fileName, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        new FileWriter(options).Write(this, stream);
    }

    public void Save(Stream stream, DicomWriteOptions options = null)
    {
        PrepareMetaInfo();
        new FileWriter(options).Write(this, stream);
    }

    public async Task SaveAsync(string fileName, DicomWriteOptions options = null)
    {
        PrepareMetaInfo();
        File.Delete(fileName);
        var stream = new FileStream(fileName, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
        await using (stream.ConfigureAwait(false))
            await new FileWriter(options).WriteAsync(this, stream).ConfigureAwait(false);
    }

    public async Task SaveAsync(Stream stream, DicomWriteOptions options = null)
    {
        PrepareMetaInfo();
        await new FileWriter(options).WriteAsync(this, stream).ConfigureAwait(false);
    }

    public override string ToString() => $"DICOM File [{Format}]";

    private static DicomFile Read(Encoding fallbackEncoding, Func<DicomFile, FileReader.Outcome> read)
    {
        var file = new DicomFile();
        file.Dataset.FallbackEncodings = [fallbackEncoding];
        try
        {
            var outcome = read(file);
            file.Format = outcome.Format;
            file.IsPartial = outcome.IsPartial;
            file.Dataset.InternalTransferSyntax = outcome.Syntax;
            return file;
        }
        catch (Exception fault)
        {
            throw new DicomFileException(file, fault.Message, fault);
        }
    }

    private void PrepareMetaInfo()
    {
        if (Format is DicomFileFormat.ACRNEMA1 or DicomFileFormat.ACRNEMA2)
            throw new DicomFileException(this, "Unable to save ACR-NEMA file");
        FileMetaInfo = Format == DicomFileFormat.DICOM3NoFileMetaInfo ? new DicomFileMetaInformation(Dataset) : new DicomFileMetaInformation(FileMetaInfo);
    }
}
