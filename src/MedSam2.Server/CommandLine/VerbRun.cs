using Dicom.Segmentation;
using FellowOakDicom;
using MedSam2.Imaging.Formats;
using MedSam2.Inference;
using MedSam2.Network;
using MedSam2.Network.Catalog;
using MedSam2.Network.Checkpoints;
using MedSam2.Server.Errors;
using MedSam2.Studies.Series;
using MedSam2.Training.Evaluation.Protocols;
using MedSam2.Training.Fitting;

namespace MedSam2.Server.CommandLine;

/// <summary>Runs a verb: what can go wrong by the user's files, words or network is told in one line and gives exit code 1.</summary>
internal static class VerbRun
{
    private const int Failed = 1;
    private const int Stopped = 130;

    public static async Task<int> RunAsync(Func<Task> verb)
    {
        try
        {
            await verb();
            return 0;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Stopped.");
            return Stopped;
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            await Console.Error.WriteLineAsync(exception.Message.ReplaceLineEndings(" "));
            return Failed;
        }
    }

    // What is not listed is a defect and keeps its stack trace.
    private static bool IsExpected(Exception exception) => exception
        is VerbException or RequestException or EvaluationException or TrainingException or CheckpointException or ConfigurationException or ModelDownloadException
        or ImageFormatException or SeriesException or SegmentationException or DicomException or PromptException or DeviceException or DeviceMemoryException
        or IOException or UnauthorizedAccessException;
}

/// <summary>Something that a verb was told cannot be done; the message names cause and mend.</summary>
internal sealed class VerbException(string message, Exception? inner = null) : Exception(message, inner);
