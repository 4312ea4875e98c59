namespace FellowOakDicom
{
    /// <summary>Everything that is wrong with DICOM input or with its use derives from this.</summary>
    public abstract class DicomException : Exception
    {
        protected DicomException(string message)
            : base(message)
        {
        }

        protected DicomException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class DicomDataException : DicomException
    {
        public DicomDataException(string message)
            : base(message)
        {
        }

        public DicomDataException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    /// <summary>A file or stream is no DICOM file; <see cref="File"/> holds what was read before the fault.</summary>
    public class DicomFileException : DicomDataException
    {
        public DicomFileException(DicomFile file, string message)
            : base(message) => File = file;

        public DicomFileException(DicomFile file, string message, Exception innerException)
            : base(message, innerException) => File = file;

        public DicomFile File { get; }
    }

    /// <summary>A value does not obey the rules of its representation.</summary>
    public class DicomValidationException(string content, DicomVR vr, string message) : DicomDataException(message)
    {
        public string Content { get; } = content;

        public DicomVR VR { get; } = vr;

        public override string Message => $"Content \"{Content}\" does not validate VR {VR.Code}: {base.Message}";
    }
}

namespace FellowOakDicom.IO
{
    public class DicomIoException(string message) : DicomException(message);
}

namespace FellowOakDicom.IO.Reader
{
    public class DicomReaderException(string message) : DicomException(message);
}

namespace FellowOakDicom.Imaging
{
    public class DicomImagingException(string message) : DicomException(message);
}

namespace FellowOakDicom.Imaging.Codec
{
    public class DicomCodecException(string message) : DicomException(message);
}
