using System.Runtime.CompilerServices;

namespace FellowOakDicom.Tests;

internal static class AssemblySetup
{
    /// <summary>Files are compared byte by byte, so the library's name in them is the same whichever it is.</summary>
    [ModuleInitializer]
    internal static void NameTheWriter()
    {
        DicomImplementation.ClassUID = new DicomUID("1.2.3.4", "Implementation Class UID", DicomUidType.Unknown);
        DicomImplementation.Version = "TEST";
    }
}
