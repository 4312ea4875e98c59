using System.Collections.Concurrent;

namespace MedSam2.Training.Synthetic.Scenes;

/// <summary>Scenes by number, made when first asked for; the oldest are forgotten.</summary>
/// <param name="seed">Source of all scenes.</param>
/// <param name="side">Voxels along an edge.</param>
/// <param name="kept">How many are remembered.</param>
/// <param name="bodies">Share of them that are bodies.</param>
/// <remarks>Safe for use from several threads.</remarks>
public sealed class SceneLibrary(int seed, int side, int kept, double bodies)
{
    private readonly ConcurrentDictionary<int, Lazy<Scene>> scenes = new();

    public Scene this[int number]
    {
        get
        {
            var scene = scenes.GetOrAdd(number, n => new(() => Create(unchecked((seed * 1000003) + n)))).Value;
            if (scenes.Count > kept + 2)
            {
                foreach (var old in scenes.Keys.Where(n => n < number - kept).ToArray())
                    scenes.TryRemove(old, out _);
            }

            return scene;
        }
    }

    private Scene Create(int number) =>
        new Random(number).NextDouble() < bodies ? BodyScene.Create(number, side) : SceneGenerator.Create(number, side);
}
