using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using Xunit;

namespace MedSam2.Server.Tests.Hubs;

/// <summary>A small image of the datastore with two bright balls in it, around (7, 7, 5) and (16, 16, 5) voxels: quickly carried along many orientations.</summary>
internal static class TwoBalls
{
    public const string Image = "two-balls";

    public const int Side = 24, Slices = 10;

    public static async Task UploadAsync(RunningServer server)
    {
        var stop = TestContext.Current.CancellationToken;
        var geometry = new VolumeGeometry(Side, Side, Slices, new Affine(new(1, 0, 0), new(0, 1, 0), new(0, 0, 2), Vector3D.Zero));
        var random = new Random(5);
        var voxels = new float[geometry.VoxelCount];
        for (var v = 0; v < voxels.Length; v++)
        {
            var (i, j, z) = (v % Side, v / Side % Side, ((v / Side / Side) - (Slices / 2)) * 2);
            voxels[v] = random.Next(20) + (IsIn(i - 7, j - 7, z, 5) || IsIn(i - 16, j - 16, z, 6) ? 140 : 40);
        }

        using var file = new MemoryStream();
        NiftiFile.Write(file, new Volume(geometry, new Float32Voxels(voxels)), compress: true, stop);
        using var form = new MultipartFormDataContent { { new ByteArrayContent(file.ToArray()), "file", $"{Image}.nii.gz" }, { new StringContent("{}"), "params" } };
        using var answer = await server.Http.PutAsync($"datastore/?image={Image}", form, stop);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(stop));
    }

    private static bool IsIn(int x, int y, int z, int radius) => (x * x) + (y * y) + (z * z) <= radius * radius;
}
