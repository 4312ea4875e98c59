using System.Text.Json.Nodes;

namespace MedSam2.Server.Endpoints.MonaiLabel.Tasks;

/// <summary>
/// What can be trained or scored. To add one: <c>builder.Services.AddSingleton(new TaskMethod(...))</c> beside its
/// <see cref="Jobs.IJobKind"/>; <c>/info/</c> lists it, and <c>POST /train/{name}</c> or <c>/scoring/{name}</c> starts a job of
/// the kind with the request's body as parameters, and <c>model</c> or <c>method</c> naming this.
/// </summary>
/// <param name="Kind">The name of the job's kind: <see cref="Train"/> or <see cref="Scoring"/>.</param>
/// <param name="Name">The last part of the address.</param>
/// <param name="Description">One line for people.</param>
/// <param name="Configuration">What clients show as options and send back. A list is a choice of texts, its first entry the default.</param>
internal sealed record TaskMethod(string Kind, string Name, string Description, JsonObject Configuration)
{
    public const string Train = "train", Scoring = "scoring";
}
