using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Server.Tests.MonaiLabel.Conformance;
using MedSam2.Training.Tests;
using Xunit;

namespace MedSam2.Server.Tests.FineTuning;

/// <summary>Labelled volumes as people bring them: as files, or to a server.</summary>
internal static class LabelledFiles
{
    /// <summary>Puts images v0, v1 ... into a server's datastore, with approved labels if asked for.</summary>
    public static async Task UploadAsync(PlainClient client, int images, bool labelled = true)
    {
        for (var n = 0; n < images; n++)
        {
            var volume = LabelledVolumes.Create(n);
            var (image, label) = (new MemoryStream(), new MemoryStream());
            NiftiFile.Write(image, volume.Volume, compress: true, TestContext.Current.CancellationToken);
            NiftiFile.Write(label, volume.Labels, compress: true, cancellation: TestContext.Current.CancellationToken);
            Assert.Equal(200, (await client.MultipartAsync("PUT", $"/datastore/?image=v{n}", [], ("file", "x.nii.gz", image.ToArray()))).Status);
            if (labelled)
                Assert.Equal(200, (await client.MultipartAsync("PUT", $"/datastore/label?image=v{n}", [], ("label", "x.nii.gz", label.ToArray()))).Status);
        }
    }

    /// <summary>NIfTI files, a folder a patient.</summary>
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
