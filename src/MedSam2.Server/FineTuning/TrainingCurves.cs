using System.Globalization;
using MedSam2.Server.Device;
using MedSam2.Server.Endpoints.MonaiLabel;
using MedSam2.Server.Endpoints.MonaiLabel.Tasks;
using MedSam2.Server.Errors;
using MedSam2.Server.Jobs;
using MedSam2.Server.Jobs.Storage;
using MedSam2.Training.Logging;

namespace MedSam2.Server.FineTuning;

/// <summary>A training's curves: of a job as far as it is (<c>/train/curves</c>), and of a version (<c>/model/curves</c>).</summary>
internal sealed class TrainingCurves(JobService jobs, JobDatabase database, ModelHost host)
{
    private const string Id = "id", Version = "version", Output = "output", Picture = "png", Table = "csv";

    /// <exception cref="RequestException">There is no such training, or it has done no step yet.</exception>
    public async Task<IResult> OfJobAsync(HttpContext context, CancellationToken cancellation)
    {
        var id = context.Request.Query[Id].ToString();
        var job = id is not "" ? await jobs.FindAsync(id, cancellation) : await jobs.ListAsync(TaskMethod.Train, cancellation) is [.., var last] ? last : null;
        if (job?.Kind is not TaskMethod.Train)
            throw RequestException.NotFound(id is "" ? "There was no training yet." : "There is no training of this id. List them at /train/?all=true.");
        return Answer(context, Path.Combine(database.Folder, job.Id, TrainKind.RunFolder), $"training-{job.Id}", "The training has done no step yet. Ask again later.");
    }

    /// <exception cref="RequestException">There is no such version, or its training is not known here.</exception>
    public IResult OfVersion(string model, HttpContext context)
    {
        InferModel.Require(model);
        var text = context.Request.Query[Version].ToString();
        var number = text is "" ? host.Version
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed
            : throw new ParameterException($"'{Version}' must be a number from 0.", "query", Version);
        if (number != 0)
            host.Versions.Require(number);
        return Answer(
            context,
            host.Versions.PathOf(number),
            string.Create(CultureInfo.InvariantCulture, $"{host.Versions.Model}-v{number}"),
            string.Create(CultureInfo.InvariantCulture, $"Version {number} was not trained by this server, so its curves are not here. List the versions at /model/versions/{model}."));
    }

    private static IResult Answer(HttpContext context, string folder, string name, string missing)
    {
        var output = context.Request.Query[Output].ToString();
        if (output is not ("" or Picture or Table))
            throw new ParameterException($"'{Output}' must be {Picture} or {Table}.", "query", Output);
        if (output is Table)
            return ReadLog(Path.Combine(folder, TrainingLog.FileName)) is { } table ? Results.File(table, "text/csv", $"{name}.{Table}") : throw RequestException.NotFound(missing);
        return TrainingPlots.Draw(folder) is { } picture ? Results.File(picture, "image/png", $"{name}.{Picture}") : throw RequestException.NotFound(missing);
    }

    /// <summary>The rows that are there now: the file grows while its training runs, and an answer says its length first.</summary>
    private static byte[]? ReadLog(string path)
    {
        if (!File.Exists(path))
            return null;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var rows = new MemoryStream();
        file.CopyTo(rows);
        var written = rows.GetBuffer().AsSpan(0, (int)rows.Length);
        var whole = written[..(written.LastIndexOf((byte)'\n') + 1)]; // without a row that is being written
        return whole.Count((byte)'\n') > 1 ? whole.ToArray() : null;
    }
}
