using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Imaging.Formats.Nrrd;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Server.CommandLine;
using MedSam2.Server.Images;
using MedSam2.Training.Evaluation.Protocols;

namespace MedSam2.Server.Evaluation;

/// <summary>Images with labels on disk: volumes (NIfTI, NRRD), pictures (PNG, JPEG) and folders of DICOM series.</summary>
/// <param name="Sources">The pairs that were found, by name.</param>
/// <param name="WithoutLabels">Names of images that nothing goes with.</param>
internal sealed record EvaluationCases(IReadOnlyList<EvaluationCaseSource> Sources, IReadOnlyList<string> WithoutLabels)
{
    /// <param name="images">A folder (it may hold folders), one image file, or a folder of one DICOM series.</param>
    /// <param name="labels">A folder of label files that <see cref="CaseNames"/> match, or one file. May be the folder of the images.</param>
    /// <param name="merge">Whether all labels of an image count as one.</param>
    /// <exception cref="VerbException">There is no such folder, or no image has labels.</exception>
    public static EvaluationCases Find(string images, string labels, bool merge)
    {
        foreach (var path in (string[])[images, labels])
        {
            if (!Path.Exists(path))
                throw new VerbException($"There is no file or folder {path}.");
        }

        if (File.Exists(labels))
            return new([Source(CaseNameOf(images), images, labels, merge)], []);
        if (File.Exists(images))
            throw new VerbException($"{images} is one image, but {labels} is a folder. Name the image's label file.");

        var known = Files(labels).Where(f => CaseNames.IsKnown(f) && (labels != images || CaseNames.SaysLabels(f))).ToLookup(f => KeyOf(labels, f));
        List<EvaluationCaseSource> sources = [];
        List<string> without = [];
        foreach (var image in Images(images).Where(i => labels != images || !CaseNames.SaysLabels(i)).OrderBy(i => i, StringComparer.Ordinal))
        {
            var key = KeyOf(images, image);
            var name = Path.GetRelativePath(images, image).Replace('\\', '/');
            string[] matching = [.. known[key]];
            if (matching.Length > 1)
                throw new VerbException($"{name} could go with {string.Join(" or ", matching.Select(m => Path.GetRelativePath(labels, m)))}. Leave one label file for each image.");
            if (matching.Length == 1)
                sources.Add(Source(name, image, matching[0], merge));
            else
                without.Add(name);
        }

        return sources.Count > 0
            ? new(sources, without)
            : throw new VerbException($"No image in {images} has labels in {labels}. Labels are named like their image: case7.nii.gz, case7_seg.nii.gz or case7/label.nii.gz.");
    }

    private static EvaluationCaseSource Source(string name, string image, string labels, bool merge) => new(name, cancellation =>
    {
        try
        {
            var volume = ImageFile.Read(image, cancellation).Volume;
            var map = ReadLabels(labels, merge);
            return new(name, volume, GridAlignment.To(map, volume.Geometry)) { Colours = PictureFile.IsPicture(image) ? PictureFile.ReadColours(image) : null };
        }
        catch (Exception e) when (e is VerbException or Imaging.Formats.ImageFormatException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new UnreadableCaseException($"{name}: {e.Message}", e);
        }
    });

    private static LabelMap ReadLabels(string path, bool merge)
    {
        var map = path.EndsWith(".png", StringComparison.OrdinalIgnoreCase) ? ReadPicture(path, merge)
            : path.EndsWith(".nrrd", StringComparison.OrdinalIgnoreCase) ? NrrdFile.ReadLabelMap(path)
            : NiftiFile.ReadLabelMap(path);
        if (merge)
        {
            foreach (ref var label in map.Labels.AsSpan())
                label = Math.Min(label, (byte)1);
        }

        return map;
    }

    private static LabelMap ReadPicture(string path, bool merge)
    {
        var (width, height, values) = PngLabelFile.Read(path);
        var map = new LabelMap(new VolumeGeometry(width, height, 1, Affine.Identity));
        for (var n = 0; n < values.Length; n++)
        {
            if (values[n] > byte.MaxValue && !merge)
                throw new VerbException($"{path} holds the label {values[n]}, but labels are 1 to 255. If each object has a number of its own, take them as one with --merge.");
            map.Labels[n] = (byte)(merge ? Math.Min((int)values[n], 1) : values[n]);
        }

        return map;
    }

    private static string CaseNameOf(string image) => Path.GetFileName(Path.TrimEndingDirectorySeparator(image));

    private static string KeyOf(string root, string path) => CaseNames.Key(Path.GetRelativePath(root, path));

    /// <summary>Image files, and folders that hold DICOM files.</summary>
    private static IEnumerable<string> Images(string folder)
    {
        if (Directory.EnumerateFiles(folder).FirstOrDefault(f => !CaseNames.IsKnown(f) && ImageFile.IsDicom(f)) is not null)
            return [folder];
        return Directory.EnumerateFiles(folder).Where(CaseNames.IsKnown).Concat(Directory.EnumerateDirectories(folder).SelectMany(Images));
    }

    private static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories);
}
