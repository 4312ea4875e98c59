using System.Text.Json;
using System.Text.Json.Serialization;
using MedSam2.Server.CommandLine;
using MedSam2.Training.ActiveLearning;

namespace MedSam2.Server.FineTuning;

/// <summary>What a simulation was asked for, as it lies in its folder.</summary>
internal sealed record SimulationPlan(string StartSha256, IReadOnlyList<string> Images, LoopSimulationOptions Options);

/// <summary>A simulation's folder: what it was asked for and the rows that it has so far, so that it can go on after it was ended.</summary>
/// <param name="path">The folder.</param>
/// <param name="rows">Of an earlier run.</param>
internal sealed class SimulationFolder(string path, IReadOnlyList<LoopSimulationRow> rows)
{
    private const string RowsName = "simulation.json", PlanName = "simulation-plan.json";

    /// <summary>What an earlier run has measured.</summary>
    public IReadOnlyList<LoopSimulationRow> Rows { get; } = rows;

    /// <exception cref="VerbException">The folder is another simulation's, or what it holds cannot be read.</exception>
    public static SimulationFolder Open(string path, SimulationPlan plan)
    {
        Directory.CreateDirectory(path);
        var (planFile, rowsFile) = (Path.Combine(path, PlanName), Path.Combine(path, RowsName));
        var wanted = JsonSerializer.Serialize(plan, SimulateJson.Default.SimulationPlan);
        if (!File.Exists(planFile))
            File.WriteAllText(planFile, wanted);
        else if (File.ReadAllText(planFile) != wanted)
            throw new VerbException($"{path} holds a simulation with another model, other images or other options ({PlanName} in it tells which). Name another folder, or ask for what that one was asked for.");
        else if (File.Exists(rowsFile))
            return new(path, Read(rowsFile));
        return new(path, []);
    }

    /// <summary>Replaces the rows as a whole.</summary>
    public void Keep(IReadOnlyList<LoopSimulationRow> rows)
    {
        var part = Path.Combine(path, RowsName + ".part");
        File.WriteAllText(part, JsonSerializer.Serialize(rows, SimulateJson.Default.IReadOnlyListLoopSimulationRow));
        File.Move(part, Path.Combine(path, RowsName), overwrite: true);
    }

    private static IReadOnlyList<LoopSimulationRow> Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(file), SimulateJson.Default.IReadOnlyListLoopSimulationRow) ?? [];
        }
        catch (JsonException exception)
        {
            throw new VerbException($"{file} is damaged: delete it to begin anew, or name another folder. {exception.Message}", exception);
        }
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(IReadOnlyList<LoopSimulationRow>))]
[JsonSerializable(typeof(SimulationPlan))]
internal sealed partial class SimulateJson : JsonSerializerContext;
