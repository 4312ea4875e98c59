namespace MedSam2.Training.Synthetic.Abdomen;

/// <summary>The phantom's label values: those of TotalSegmentator's class list, so that tables made for it fit.</summary>
public static class AbdominalLabels
{
    public const byte Spleen = 1;
    public const byte KidneyRight = 2;
    public const byte KidneyLeft = 3;
    public const byte Gallbladder = 4;
    public const byte Liver = 5;
    public const byte Stomach = 6;
    public const byte Pancreas = 7;
    public const byte AdrenalRight = 8;
    public const byte AdrenalLeft = 9;
    public const byte LungLeft = 11;
    public const byte LungRight = 14;
    public const byte Oesophagus = 15;
    public const byte SmallBowel = 18;
    public const byte Duodenum = 19;
    public const byte Colon = 20;
    public const byte VertebraL4 = 28;
    public const byte VertebraL3 = 29;
    public const byte VertebraL2 = 30;
    public const byte VertebraL1 = 31;
    public const byte VertebraT12 = 32;
    public const byte VertebraT11 = 33;
    public const byte VertebraT10 = 34;
    public const byte Heart = 51;
    public const byte Aorta = 52;
    public const byte VenaCava = 63;
    public const byte PortalAndSplenicVein = 64;
    public const byte SpinalCord = 79;
    public const byte ErectorLeft = 86;
    public const byte ErectorRight = 87;
    public const byte IliopsoasLeft = 88;
    public const byte IliopsoasRight = 89;

    /// <summary>Left rib n has the value <c>RibLeft + n</c>.</summary>
    public const byte RibLeft = 91;

    /// <summary>Right rib n has the value <c>RibRight + n</c>.</summary>
    public const byte RibRight = 103;
    public const byte CostalCartilage = 117;

    /// <summary>Name of every value that the phantom's label map may hold.</summary>
    public static IReadOnlyDictionary<byte, string> Names { get; } = MakeNames();

    private static SortedDictionary<byte, string> MakeNames()
    {
        var names = new SortedDictionary<byte, string>
        {
            [Spleen] = "spleen",
            [KidneyRight] = "kidney_right",
            [KidneyLeft] = "kidney_left",
            [Gallbladder] = "gallbladder",
            [Liver] = "liver",
            [Stomach] = "stomach",
            [Pancreas] = "pancreas",
            [AdrenalRight] = "adrenal_gland_right",
            [AdrenalLeft] = "adrenal_gland_left",
            [LungLeft] = "lung_lower_lobe_left",
            [LungRight] = "lung_lower_lobe_right",
            [Oesophagus] = "esophagus",
            [SmallBowel] = "small_bowel",
            [Duodenum] = "duodenum",
            [Colon] = "colon",
            [VertebraL4] = "vertebrae_L4",
            [VertebraL3] = "vertebrae_L3",
            [VertebraL2] = "vertebrae_L2",
            [VertebraL1] = "vertebrae_L1",
            [VertebraT12] = "vertebrae_T12",
            [VertebraT11] = "vertebrae_T11",
            [VertebraT10] = "vertebrae_T10",
            [Heart] = "heart",
            [Aorta] = "aorta",
            [VenaCava] = "inferior_vena_cava",
            [PortalAndSplenicVein] = "portal_vein_and_splenic_vein",
            [SpinalCord] = "spinal_cord",
            [ErectorLeft] = "autochthon_left",
            [ErectorRight] = "autochthon_right",
            [IliopsoasLeft] = "iliopsoas_left",
            [IliopsoasRight] = "iliopsoas_right",
            [CostalCartilage] = "costal_cartilages",
        };
        for (byte rib = 6; rib <= 12; rib++)
        {
            names[(byte)(RibLeft + rib)] = $"rib_left_{rib}";
            names[(byte)(RibRight + rib)] = $"rib_right_{rib}";
        }

        return names;
    }
}
