namespace MedSam2.Network.Catalog;

/// <summary>A model that could not be fetched, or is not what the catalog says; the message names cause and mend.</summary>
public sealed class ModelDownloadException(string message, Exception? inner = null) : Exception(message, inner);
