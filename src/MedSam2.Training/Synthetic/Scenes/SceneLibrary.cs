using System.Collections.Concurrent;

namespace MedSam2.Training.Synthetic.Scenes;

/// <summary>Scenes by number, made when first asked for; the oldest are forgotten.</summary>
/// <remarks>Safe for use from several threads.</remarks>
public sealed class SceneLibrary(int seed, int side, int kept)
{
    private readonly ConcurrentDictionary<int, Lazy<Scene>> scenes = new();

    public Scene this[int number]
    {
        get
        {
            var scene = scenes.GetOrAdd(number, n => new(() => SceneGenerator.Create(unchecked((seed * 1000003) + n), side))).Value;
            if (scenes.Count > kept + 2)
            {
                foreach (var old in scenes.Keys.Where(n => n < number - kept).ToArray())
                    scenes.TryRemove(old, out _);
            }

            return scene;
        }
    }
}
