using MedSam2.Server.Configuration;
using MedSam2.Server.Endpoints.MonaiLabel.Tasks;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Endpoints.MonaiLabel.Batch;

/// <summary><c>POST /batch/infer/{model}</c>: many images, one after another, in the background.</summary>
internal sealed class BatchEndpoint(TaskEndpoints tasks, IOptions<LimitOptions> limits)
{
    public async Task<IResult> StartAsync(string model, HttpContext context, CancellationToken cancellation)
    {
        InferModel.Require(model);
        var parameters = await JsonBody.ReadAsync(context.Request, cancellation);
        parameters["model"] = model;
        if (context.Request.Query["images"].ToString() is { Length: > 0 } images)
            parameters["images"] = images;
        // What cannot be understood is refused now, not by a job that fails later.
        _ = BatchRequest.Read(parameters, limits.Value.Points);
        return await tasks.RunAsync(BatchKind.KindName, parameters, context, QueryFlag.Read(context.Request, "enqueue"), cancellation);
    }
}
