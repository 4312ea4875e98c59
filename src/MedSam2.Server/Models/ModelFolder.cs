using MedSam2.Network.Catalog;
using MedSam2.Server.Configuration;

namespace MedSam2.Server.Models;

/// <summary>Where fetched networks are kept: a folder each below <c>models</c> of the data folder.</summary>
internal sealed class ModelFolder(ServerOptions options)
{
    public string PathOf(PublishedModel model) => model.Url is null
        ? Path.Combine(ServerOptions.EmbeddedModel, model.FileName)
        : Path.Combine(options.InstalledModels, model.Name, model.FileName);

    public bool Holds(PublishedModel model) => File.Exists(PathOf(model));
}
