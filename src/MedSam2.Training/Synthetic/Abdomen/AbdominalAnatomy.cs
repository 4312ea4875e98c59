using MedSam2.Training.Synthetic.Abdomen.Anatomy;
using MedSam2.Training.Synthetic.Abdomen.Rendering;

namespace MedSam2.Training.Synthetic.Abdomen;

/// <summary>The tissues of a made-up trunk in the order in which they cover each other, and the wall that they lie in.</summary>
internal sealed record AbdominalAnatomy(Trunk Trunk, IReadOnlyList<Tissue> Tissues)
{
    /// <param name="seed">Each is another patient.</param>
    public static AbdominalAnatomy Create(int seed)
    {
        var first = unchecked(seed * 100);
        var trunk = new Trunk(first + 1);
        var (skeleton, viscera, bowel) = (new Skeleton(first + 2), new Viscera(first + 3), new Bowel(first + 4));
        var vessels = new Vessels(first + 6, viscera);
        return new(
            trunk,
            [
                .. trunk.Tissues(),
                .. skeleton.Tissues(),
                .. viscera.Retroperitoneum(),
                .. Viscera.RenalPelves(),
                .. vessels.Great(),
                .. bowel.Tissues(),
                .. viscera.Peritoneum(),
                .. vessels.Hepatic(),
            ]);
    }
}
