using MedSam2.Training.Synthetic.Abdomen;
using MedSam2.Training.Synthetic.Abdomen.Rendering;

namespace MedSam2.Training.Synthetic.Scenes;

/// <summary>
/// The regions of a <see cref="BodyScene"/>: one a label, one for each tissue without a label, one for the liver's vessels, one for
/// all other small vessels, and one for the gas in each part of the bowel.
/// </summary>
internal sealed class BodyRegions
{
    private const float Gas = -300; // HU
    private const int Liver = AbdominalLabels.Liver;
    private const int Other = -1;
    private const int SmallVessels = -2;
    private const int LiverVessels = -3;

    private readonly List<int> _kinds = [Other]; // a label, or what it is without one
    private readonly byte[] _ofTissue;
    private readonly byte[] _gasIn;
    private readonly double[] _sums = new double[256];
    private readonly long[] _counts = new long[256];

    /// <param name="tissues">In the order in which they cover each other.</param>
    public BodyRegions(IReadOnlyList<Tissue> tissues)
    {
        _ofTissue = new byte[tissues.Count];
        var liver = false;
        for (var n = 0; n < tissues.Count; n++)
        {
            liver |= tissues[n].Label == Liver;
            var kind = tissues[n] switch { { Label: > 0 and var label } => label, { IsVessel: true } => liver ? LiverVessels : SmallVessels, _ => Other };
            var region = kind == Other ? -1 : _kinds.IndexOf(kind);
            if (region < 0)
            {
                region = _kinds.Count;
                _kinds.Add(kind);
            }

            _ofTissue[n] = checked((byte)region);
        }

        _gasIn = new byte[_kinds.Count];
    }

    /// <summary>What the regions are; filled by <see cref="Describe"/>.</summary>
    public List<SceneRegion> Regions { get; } = [];

    /// <summary>Region of a tissue, by its place in the order.</summary>
    public byte this[int tissue] => _ofTissue[tissue];

    /// <summary>Takes a slice's densities (HU) into account, and gives the gas in it regions of its own.</summary>
    public void Add(Span<byte> regions, ReadOnlySpan<float> density)
    {
        for (var n = 0; n < regions.Length; n++)
        {
            var region = regions[n];
            if (density[n] < Gas && HoldsGas(_kinds[region]))
                regions[n] = region = GasIn(region);
            _sums[region] += density[n];
            _counts[region]++;
        }
    }

    /// <summary>Says what the regions are, once all slices are added.</summary>
    public void Describe()
    {
        var first = new Dictionary<string, int>();
        for (var region = 0; region < _kinds.Count; region++)
        {
            var density = _counts[region] == 0 ? 0 : _sums[region] / _counts[region];
            var inLiver = _kinds[region] == LiverVessels;
            Regions.Add(new(IsObject: _kinds[region] > 0, Parent: inLiver ? _kinds.IndexOf(Liver) : -1)
            {
                IsPart = inLiver,
                Typical = region == 0 ? null : (float)Math.Clamp((density + 160) / 400, 0, 1), // window 40, 400
                Kin = KinOf(LooksLike(_kinds[region], density), region),
            });
        }

        foreach (var (organ, gas) in _gasIn.Index().Where(of => of.Item != 0).OrderBy(of => of.Item))
            Regions.Add(new(IsObject: false, Parent: organ) { IsPart = true, Typical = 0, Kin = KinOf("gas", gas) });

        int KinOf(string? look, int region) => look is null || first.TryAdd(look, region) ? -1 : first[look];
    }

    private byte GasIn(byte region)
    {
        if (_gasIn[region] == 0)
            _gasIn[region] = checked((byte)(_gasIn.Length + _gasIn.Count(gas => gas != 0)));
        return _gasIn[region];
    }

    private static bool HoldsGas(int kind) =>
        kind is AbdominalLabels.Stomach or AbdominalLabels.Duodenum or AbdominalLabels.SmallBowel or AbdominalLabels.Colon or AbdominalLabels.Oesophagus;

    /// <summary>What has one grey value in every modality.</summary>
    private static string? LooksLike(int kind, double density) => kind switch
    {
        >= AbdominalLabels.VertebraL4 and <= AbdominalLabels.VertebraT10 or > AbdominalLabels.RibLeft and < AbdominalLabels.CostalCartilage => "bone",
        AbdominalLabels.KidneyLeft or AbdominalLabels.KidneyRight => "kidney",
        AbdominalLabels.AdrenalLeft or AbdominalLabels.AdrenalRight => "adrenal gland",
        AbdominalLabels.LungLeft or AbdominalLabels.LungRight => "lung",
        >= AbdominalLabels.ErectorLeft and <= AbdominalLabels.IliopsoasRight => "muscle",
        LiverVessels or AbdominalLabels.PortalAndSplenicVein => "vein",
        Other when density is > -130 and < -60 => "fat",
        Other when density is > 30 and < 75 => "muscle",
        _ => null,
    };
}
