namespace MedSam2.Network;

/// <summary>A model configuration is not one this network can be built from; the message names the key and what it may be.</summary>
public sealed class ConfigurationException : Exception
{
    public ConfigurationException(string message)
        : base(message)
    {
    }

    public ConfigurationException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
