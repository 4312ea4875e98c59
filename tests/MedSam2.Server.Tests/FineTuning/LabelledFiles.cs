using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Training.Tests;

namespace MedSam2.Server.Tests.FineTuning;

/// <summary>Labelled volumes as NIfTI files, a folder a patient.</summary>
internal static class LabelledFiles
{
    public static void Write(string folder, int patients)
    {
        for (var n = 0; n < patients; n++)
        {
            var volume = LabelledVolumes.Create(n);
            var own = Directory.CreateDirectory(Path.Combine(folder, $"patient{n}")).FullName;
            NiftiFile.Write(Path.Combine(own, "image.nii.gz"), volume.Volume);
            NiftiFile.Write(Path.Combine(own, "label.nii.gz"), volume.Labels);
        }
    }
}
