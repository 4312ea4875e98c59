using MedSam2.Inference;

namespace MedSam2.Server.Method;

/// <summary>What the choices of the method are called, over REST, on the hub and on the command line alike.</summary>
internal static class MethodNames
{
    public static readonly NameTable<MemoryBankKind> Banks = new(
        ("self-sorting", MemoryBankKind.SelfSorting), ("fifo", MemoryBankKind.Fifo), ("threshold", MemoryBankKind.Threshold), ("released", MemoryBankKind.Released2D));

    public static readonly NameTable<MemoryResampling> Resamplings = new(
        ("expected", MemoryResampling.Expected), ("stochastic", MemoryResampling.Stochastic), ("none", MemoryResampling.None));

    public static readonly NameTable<OrientationChoice> Orientations = new(
        ("axial", OrientationChoice.PromptPlane), ("triplanar", OrientationChoice.Triplanar), ("six", OrientationChoice.Six), ("auto", OrientationChoice.Auto));
}
