using MedSam2.NetworkTestSupport;

namespace MedSam2.Network.Tests.Golden;

/// <summary>The miniatures, made once: nobody changes them.</summary>
internal static class ToyModel
{
    private static readonly Lazy<Sam2Model> Toy = new(() => FormulaModel.Create("toy", c => c.WithTrackingDefaults()));
    private static readonly Lazy<Sam2Model> Toy20 = new(() => FormulaModel.Create("toy20", c => c.WithTrackingDefaults()));

    public static Sam2Model Get(string name = "toy") => name == "toy20" ? Toy20.Value : Toy.Value;
}
