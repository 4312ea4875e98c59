using System.Collections;
using FellowOakDicom.IO.Buffer;

namespace FellowOakDicom;

/// <summary>Encapsulated pixel data (PS3.5 section A.4): an offset table, then fragments of compressed frames.</summary>
public abstract class DicomFragmentSequence : DicomItem, IEnumerable<IByteBuffer>
{
    protected DicomFragmentSequence(DicomTag tag)
        : base(tag)
    {
    }

    /// <summary>Where each frame begins, counted from the first fragment's item tag; may be empty.</summary>
    public IList<uint> OffsetTable { get; } = [];

    public IList<IByteBuffer> Fragments { get; } = [];

    public IEnumerator<IByteBuffer> GetEnumerator() => Fragments.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

public class DicomOtherByteFragment(DicomTag tag) : DicomFragmentSequence(tag)
{
    public override DicomVR ValueRepresentation => DicomVR.OB;
}

public class DicomOtherWordFragment(DicomTag tag) : DicomFragmentSequence(tag)
{
    public override DicomVR ValueRepresentation => DicomVR.OW;
}
