namespace MedSam2.Studies.Store;

/// <summary>The store could not do what it was asked. The message names cause and mend, and holds no patient data.</summary>
public sealed class StudyStoreException : Exception
{
    public StudyStoreException(StoreFault fault, string message, Exception? inner = null)
        : base(message, inner) => Fault = fault;

    public StoreFault Fault { get; }
}
