namespace Dicom.Segmentation;

/// <summary>Gives the mask of a segment on a slice of the source.</summary>
/// <param name="segmentNumber">The <see cref="Segment.Number"/> asked for.</param>
/// <param name="slice">The slice's place in the source as the caller ordered it, from 0; frames of multi-frame images count one each.</param>
/// <param name="mask">Rows x columns pixels, row by row. It comes zeroed; anything but zero is inside.</param>
/// <returns>False where the segment is not on the slice; the mask need not be touched then.</returns>
public delegate bool MaskReader(int segmentNumber, int slice, Span<byte> mask);

/// <summary>Gives a slice of a label map of the source.</summary>
/// <param name="slice">The slice's place in the source as the caller ordered it, from 0.</param>
/// <param name="labels">Rows x columns pixels, row by row: a <see cref="Segment.Number"/>, or 0 where there is none. It comes zeroed.</param>
/// <returns>False where the slice is empty; the labels need not be touched then.</returns>
public delegate bool LabelReader(int slice, Span<ushort> labels);
