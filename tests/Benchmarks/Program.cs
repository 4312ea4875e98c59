using System.CommandLine;
using MedSam2.Benchmarks;
using static TorchSharp.torch;

var threads = new Option<int>("--threads") { Description = "Torch threads.", DefaultValueFactory = _ => Environment.ProcessorCount };
var slices = new Option<int>("--slices") { Description = "Slices of the volume.", DefaultValueFactory = _ => 16 };
string[] names = [.. BenchmarkModel.All.Select(m => m.Name)];
var everyModel = ModelsOption(names);
var nanoAlone = ModelsOption(BenchmarkModel.Nano.Name);

var root = new RootCommand("Measures speed and memory. Run it in Release on an idle machine; see README.md for how to read it.");
Add("network", "The network's parts, then a whole volume, beside the machine's matrix peak.", everyModel, (models, count) =>
{
    NetworkBenchmark.Run(models);
    Console.WriteLine();
    SessionBenchmark.Volume(models, count);
});
Add("encoder", "The image encoder in float32 and bfloat16 beside a plain eager one.", everyModel, (models, _) => EncoderBenchmark.Run(models));
Add("volume", "A whole volume alone.", everyModel, SessionBenchmark.Volume);
Add("training", "Training steps with a trained and a frozen encoder.", TrainingModels(), (models, count) => TrainingBenchmark.Run(models, count));
Add("click", "A click on an encoded slice.", nanoAlone, (models, _) => SessionBenchmark.Click(models));
Add("overhead", "Tracking beside the network's own work, nano.", nanoAlone, TrackingBenchmark.Overhead);
Add("objects", "Several objects at once beside one, nano.", nanoAlone, TrackingBenchmark.Objects);
Add("closer-look", "A closer look beside whole slices alone, nano.", nanoAlone, CloserLookBenchmark.Run);
var memory = new Command("memory", "Peak memory of 1,000 slices beside that of 100.");
memory.SetAction(_ => TrackingBenchmark.Memory());
root.Add(memory);
var segmentation = new Command("segmentation", "DICOM SEG of ten organs in 500 slices beside reading the series' pixels.");
segmentation.SetAction(_ => SegmentationBenchmark.Run());
root.Add(segmentation);
var studies = new Command("studies", "Reading a series of 500 slices from files and from the store.");
studies.SetAction(_ => StudiesBenchmark.Read());
root.Add(studies);
var search = new Command("search", "Searching among 100,000 instances.");
search.SetAction(_ => StudiesBenchmark.Search());
root.Add(search);
var start = new Command("start", "The server's start, from the command to ready: the first with a new data folder, and a later one.");
start.SetAction((_, _) => StartBenchmark.RunAsync());
root.Add(start);
var sessions = new Option<int>("--sessions") { Description = "Sessions at once.", DefaultValueFactory = _ => 20 };
var streaming = new Command("streaming", "Clicks and streams over the hub: one session beside the bare click, then many at once.") { sessions };
streaming.SetAction((parsed, _) => StreamingBenchmark.RunAsync(parsed.GetRequiredValue(sessions)));
root.Add(streaming);
return root.Parse(args).Invoke();

Option<string[]> TrainingModels() => ModelsOption(BenchmarkModel.Nano.Name, "tiny-512");

Option<string[]> ModelsOption(params string[] defaults)
{
    var option = new Option<string[]>("--models")
    {
        Description = $"Which networks: {string.Join(", ", names)}.",
        DefaultValueFactory = _ => defaults,
        AllowMultipleArgumentsPerToken = true,
    };
    return option.AcceptOnlyFromAmong(names);
}

void Add(string name, string description, Option<string[]> models, Action<IReadOnlyList<BenchmarkModel>, int> run)
{
    var command = new Command(name, description) { threads, models, slices };
    command.SetAction(parsed =>
    {
        set_num_threads(parsed.GetRequiredValue(threads));
        var chosen = parsed.GetRequiredValue(models);
        run([.. BenchmarkModel.All.Where(m => chosen.Contains(m.Name))], parsed.GetRequiredValue(slices));
    });
    root.Add(command);
}
