namespace Dicom.Segmentation;

/// <summary>
/// SNOMED CT codes as DICOM's context groups and the common research label sets use them. To add a structure, add a line:
/// its names, code, meaning, colour, and whether there is a left and a right one.
/// </summary>
internal static class AnatomyTable
{
    public static IReadOnlyList<Structure> Structures { get; } =
    [
        Organ("liver", "10200004", "Liver", 221, 130, 101),
        Organ("gallbladder", "28231008", "Gallbladder", 139, 150, 98),
        Organ("spleen", "78961009", "Spleen", 157, 108, 162),
        Organ("pancreas", "15776009", "Pancreas", 249, 180, 111),
        Pair("kidney", "64033007", "Kidney", 185, 102, 83),
        Pair("adrenal gland", "23451007", "Adrenal gland", 249, 186, 150),
        Organ("stomach", "69695003", "Stomach", 216, 132, 105),
        Organ("duodenum", "38848004", "Duodenum", 216, 146, 127),
        Organ("small bowel", "30315005", "Small intestine", 205, 167, 142),
        Organ("colon", "71854001", "Colon", 204, 168, 143),
        Organ("rectum", "34402009", "Rectum", 190, 140, 120),
        Organ("urinary bladder|bladder", "89837001", "Urinary bladder", 222, 154, 132),
        Organ("prostate", "41216001", "Prostate", 230, 158, 140),
        Organ("uterus", "35039007", "Uterus", 255, 181, 158),
        Pair("ovary", "15497006", "Ovary", 240, 190, 170),
        Pair("breast", "76752008", "Breast", 255, 225, 200),

        Organ("brain", "12738006", "Brain", 250, 250, 225),
        Organ("cerebellum", "113305005", "Cerebellum", 194, 195, 164),
        Organ("spinal cord", "2748008", "Spinal cord", 244, 214, 49),
        Pair("optic nerve", "18234004", "Optic nerve", 234, 234, 194),
        Pair("eye", "81745001", "Eye", 194, 210, 198),
        Pair("parotid gland", "45289007", "Parotid gland", 255, 223, 178),
        Organ("thyroid gland|thyroid", "69748006", "Thyroid gland", 62, 162, 114),
        Organ("larynx", "4596009", "Larynx", 150, 208, 243),
        Organ("pharynx", "54066008", "Pharynx", 184, 122, 154),

        Organ("trachea", "44567001", "Trachea", 182, 228, 255),
        Organ("esophagus|oesophagus", "32849002", "Esophagus", 211, 171, 143),
        Pair("lung", "39607008", "Lung", 197, 165, 145),
        Pair("lung upper lobe", "45653009", "Upper lobe of lung", 172, 138, 115),
        Organ("lung middle lobe right|lung middle lobe", "72481006", "Middle lobe of right lung", 202, 164, 140),
        Pair("lung lower lobe", "90572001", "Lower lobe of lung", 224, 186, 162),

        Organ("heart", "80891009", "Heart", 206, 110, 84),
        Organ("heart myocardium|myocardium", "74281007", "Myocardium", 192, 104, 88),
        Organ("heart atrium left|left atrium", "82471001", "Left atrium", 203, 108, 81),
        Organ("heart atrium right|right atrium", "73829009", "Right atrium", 140, 90, 140),
        Organ("heart ventricle left|left ventricle", "87878005", "Left ventricle of heart", 152, 55, 13),
        Organ("heart ventricle right|right ventricle", "53085002", "Right ventricle of heart", 110, 80, 150),
        Organ("aorta", "15825003", "Aorta", 224, 97, 76),
        Organ("pulmonary artery", "81040000", "Pulmonary artery", 0, 122, 171),
        Organ("pulmonary vein", "122972007", "Pulmonary vein", 186, 77, 64),
        Organ("coronary arteries|coronary artery", "41801008", "Coronary artery", 216, 101, 79),
        Organ("brachiocephalic trunk", "12691009", "Brachiocephalic artery", 196, 121, 79),
        Pair("common carotid artery", "32062004", "Common carotid artery", 216, 80, 60),
        Pair("subclavian artery", "36765005", "Subclavian artery", 216, 70, 55),
        Pair("brachiocephalic vein", "8887007", "Brachiocephalic vein", 0, 161, 196),
        Organ("superior vena cava", "48345005", "Superior vena cava", 0, 129, 186),
        Organ("inferior vena cava", "64131007", "Inferior vena cava", 0, 151, 206),
        Organ("portal vein", "32764006", "Portal vein", 0, 131, 226),
        Organ("portal vein and splenic vein", "110765007", "Portal vein and splenic vein", 0, 111, 226),
        Pair("iliac artery|common iliac artery", "73634005", "Common iliac artery", 216, 60, 50),
        Pair("iliac vena|iliac vein|common iliac vein", "46027005", "Common iliac vein", 0, 112, 196),

        Bone("skull", "89546000", "Skull"),
        Bone("mandible", "91609006", "Mandible"),
        Bone("sternum", "56873002", "Sternum"),
        Bone("sacrum", "54735007", "Sacrum"),
        PairedBone("clavicula|clavicle", "51299004", "Clavicle"),
        PairedBone("scapula", "79601000", "Scapula"),
        PairedBone("humerus", "85050009", "Humerus"),
        PairedBone("hip", "29836001", "Hip"),
        PairedBone("femur", "71341001", "Femur"),
        PairedBone("patella", "64234005", "Patella"),
        PairedBone("tibia", "12611008", "Tibia"),
        PairedBone("fibula", "87342007", "Fibula"),
        Bone("spine|vertebral column", "421060004", "Vertebral column"),
        Bone("vertebra", "51282000", "Vertebra"),
        .. Vertebrae("C", "14806007 39976000 113205007 5329002 36978003 36054005 87391001"),
        .. Vertebrae("T", "64864005 53733008 1626008 73071006 56401006 45296009 62487009 11068009 82687006 7610001 12989004 23215003"),
        .. Vertebrae("L", "66794005 14293000 36470004 11994002 49668003"),
        .. Vertebrae("S", "65985001"),
        PairedBone("rib", "113197003", "Rib"),
        .. Ribs(
            ("48535007", "First"), ("78247007", "Second"), ("25888004", "Third"), ("25523003", "Fourth"), ("15339008", "Fifth"), ("59558009", "Sixth"),
            ("24915002", "Seventh"), ("5953002", "Eighth"), ("22565002", "Ninth"), ("77644006", "Tenth"), ("58830002", "Eleventh"), ("43993008", "Twelfth")),
        Bone("bone", "272673000", "Bone"),

        Pair("autochthon", "244849004", "Deep muscle of back", 192, 104, 88),
        Pair("iliopsoas", "68455001", "Iliopsoas muscle", 182, 94, 78),
        Pair("gluteus maximus", "181674001", "Gluteus maximus muscle", 188, 95, 76),
        Pair("gluteus medius", "78333006", "Gluteus medius muscle", 178, 105, 76),
        Pair("gluteus minimus", "75297007", "Gluteus minimus muscle", 178, 84, 97),
        Organ("skeletal muscle|muscle", "127954009", "Skeletal muscle", 192, 104, 88),
        Organ("skin", "39937001", "Skin", 177, 122, 101),
        Pair("lymph node", "59441001", "Lymph node", 68, 172, 100),

        Lesion("tumor|tumour|neoplasm", "108369006", "Neoplasm", 144, 238, 144),
        Lesion("primary tumor|primary tumour", "86049000", "Neoplasm, Primary", 255, 215, 0),
        Lesion("secondary tumor|metastasis", "14799000", "Neoplasm, Secondary", 255, 140, 0),
        Lesion("lesion", "52988006", "Lesion", 220, 245, 20),
        Lesion("mass", "4147007", "Mass", 205, 205, 100),
        Lesion("nodule", "27925004", "Nodule", 183, 214, 211),
        Lesion("cyst", "367643001", "Cyst", 128, 174, 128),
        Lesion("edema|oedema", "79654002", "Edema", 140, 224, 228),
        Lesion("hemorrhage|haemorrhage|bleeding", "50960005", "Hemorrhage", 188, 65, 28),
        Lesion("necrosis", "6574001", "Necrosis", 216, 191, 216),
    ];

    private static Structure Organ(string names, string code, string meaning, byte red, byte green, byte blue) =>
        new(names.Split('|'), CodedConcept.AnatomicalStructure, new CodedConcept(code, "SCT", meaning), false, red, green, blue);

    private static Structure Pair(string names, string code, string meaning, byte red, byte green, byte blue) =>
        Organ(names, code, meaning, red, green, blue) with { Paired = true };

    private static Structure Bone(string names, string code, string meaning) => Organ(names, code, meaning, 241, 214, 145);

    private static Structure PairedBone(string names, string code, string meaning) => Bone(names, code, meaning) with { Paired = true };

    private static Structure Lesion(string names, string code, string meaning, byte red, byte green, byte blue) =>
        Organ(names, code, meaning, red, green, blue) with { Category = CodedConcept.MorphologicallyAbnormalStructure };

    private static IEnumerable<Structure> Vertebrae(string region, string codes) =>
        codes.Split(' ').Select((code, index) =>
            Bone($"vertebrae {region}{index + 1}|vertebra {region}{index + 1}|{region}{index + 1}", code, $"{region}{index + 1} vertebra"));

    private static IEnumerable<Structure> Ribs(params (string Code, string Ordinal)[] ribs) =>
        ribs.Select((rib, index) => PairedBone($"rib {index + 1}", rib.Code, $"{rib.Ordinal} rib"));

    internal sealed record Structure(
        IReadOnlyList<string> Names, CodedConcept Category, CodedConcept Type, bool Paired, byte Red, byte Green, byte Blue);
}
