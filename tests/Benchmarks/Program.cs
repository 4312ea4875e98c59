using System.CommandLine;
using MedSam2.Benchmarks;
using static TorchSharp.torch;

var threads = new Option<int>("--threads") { Description = "Torch threads.", DefaultValueFactory = _ => Environment.ProcessorCount };
var models = new Option<string[]>("--models")
{
    Description = $"Which networks: {string.Join(", ", BenchmarkModel.All.Select(m => m.Name))}.",
    DefaultValueFactory = _ => [.. BenchmarkModel.All.Select(m => m.Name)],
    AllowMultipleArgumentsPerToken = true,
};
models.AcceptOnlyFromAmong([.. BenchmarkModel.All.Select(m => m.Name)]);

var root = new RootCommand("Measures speed and memory. Run it in Release on an idle machine; see README.md for how to read it.");
Add("network", "The network's parts beside the machine's matrix peak.", NetworkBenchmark.Run);
var segmentation = new Command("segmentation", "DICOM SEG of ten organs in 500 slices beside reading the series' pixels.");
segmentation.SetAction(_ => SegmentationBenchmark.Run());
root.Add(segmentation);
return root.Parse(args).Invoke();

void Add(string name, string description, Action<IEnumerable<BenchmarkModel>> run)
{
    var command = new Command(name, description) { threads, models };
    command.SetAction(parsed =>
    {
        set_num_threads(parsed.GetRequiredValue(threads));
        run(BenchmarkModel.All.Where(m => parsed.GetRequiredValue(models).Contains(m.Name)));
    });
    root.Add(command);
}
