using MedSam2.Server.Auth;
using MedSam2.Server.CommandLine;
using MedSam2.Server.Configuration;
using MedSam2.Server.Device;
using MedSam2.Server.DicomWeb;
using MedSam2.Server.Endpoints.Documentation;
using MedSam2.Server.Endpoints.Home;
using MedSam2.Server.Endpoints.MonaiLabel;
using MedSam2.Server.Endpoints.MonaiLabel.ActiveLearning;
using MedSam2.Server.Endpoints.MonaiLabel.Datastore;
using MedSam2.Server.Endpoints.MonaiLabel.Server;
using MedSam2.Server.Endpoints.MonaiLabel.Sessions;
using MedSam2.Server.Endpoints.MonaiLabel.Tasks;
using MedSam2.Server.Errors;
using MedSam2.Server.FineTuning;
using MedSam2.Server.Hosting;
using MedSam2.Server.Hubs;
using MedSam2.Server.Jobs;
using MedSam2.Server.Observability;
using MedSam2.Server.Segmentation;
using MedSam2.Server.Studies;
using MedSam2.Server.Studies.Remote;
using MedSam2.Server.Viewer;

namespace MedSam2.Server;

/// <summary>The entry point, and what the server is made of: one line a feature.</summary>
public static class Program
{
    public static Task<int> Main(string[] args) => ServerCommand.RunAsync(args);

    /// <summary>The whole server, not yet started.</summary>
    /// <param name="arguments">Configuration as command-line keys, such as <c>--MedSam2:Data=/srv/medsam2</c>.</param>
    internal static WebApplication CreateApplication(string[] arguments)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = arguments,
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.AddStartUp();
        builder.AddServerOptions();
        builder.AddErrorAnswers();
        builder.AddLogin();
        builder.AddArchive();
        builder.AddDevice();
        builder.AddSegmentation();
        builder.AddJobs();
        builder.AddStreaming();
        builder.AddMonaiLabel();
        builder.AddDatastore();
        builder.AddActiveLearning();
        builder.AddImageSessions();
        builder.AddServerEndpoints();
        builder.AddTasks();
        builder.AddFineTuning();
        builder.AddDocumentation();
        builder.AddObservability();
        builder.AddViewer();

        var app = builder.Build();
        app.UseCors();
        app.UseErrorAnswers();
        app.UseUploadLimit();
        app.UseDicomProxy();
        app.UseLogin();
        app.MapHome();
        app.MapLogin();
        app.MapMonaiLabel();
        app.MapDatastore();
        app.MapActiveLearning();
        app.MapImageSessions();
        app.MapServerEndpoints();
        app.MapTasks();
        app.MapDocumentation();
        app.MapObservability();
        app.MapDicomWeb();
        app.MapOutbox();
        app.MapStreaming();
        app.MapViewer();
        return app;
    }
}
