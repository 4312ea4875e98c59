using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>Random Fourier encoding of places on the image (Tancik et al. 2020). Its matrix is a stored buffer that never trains.</summary>
public sealed class PositionEmbeddingRandom : nn.Module
{
    private const string Matrix = "positional_encoding_gaussian_matrix";

    public PositionEmbeddingRandom(int numPosFeats)
        : base(nameof(PositionEmbeddingRandom))
    {
        register_buffer(Matrix, randn(2, numPosFeats));
    }

    /// <param name="coordinates"><c>[..., 2]</c>, x and y as shares of the image, 0 to 1.</param>
    /// <returns><c>[..., 2*numPosFeats]</c>, float32: sines, then cosines.</returns>
    public Tensor forward(Tensor coordinates)
    {
        using var scope = NewDisposeScope();
        var shape = coordinates.shape;
        shape[^1] = -1;
        var places = ((coordinates.to(ScalarType.Float32) * 2) - 1).reshape(-1, 2);
        var angles = places.mm(get_buffer(Matrix)!.to(ScalarType.Float32)).view(shape) * (2 * Math.PI);
        return cat([angles.sin(), angles.cos()], -1).MoveToOuterDisposeScope();
    }

    /// <summary>The encoding of every token's centre: <c>[1,2*numPosFeats,size,size]</c>, float32.</summary>
    public Tensor Grid(long size)
    {
        using var scope = NewDisposeScope();
        var centres = (arange(size, ScalarType.Float32, get_buffer(Matrix)!.device) + 0.5) / size;
        var grid = stack([centres.unsqueeze(0).expand(size, size), centres.unsqueeze(1).expand(size, size)], -1); // size,size,2 as x,y
        return forward(grid).permute(2, 0, 1).unsqueeze(0).MoveToOuterDisposeScope();
    }

    /// <summary>The matrix keeps float32 whatever the network's type: in half precision the angles would be off by several degrees.</summary>
    protected override nn.Module _to(ScalarType dtype, bool non_blocking) => this;

    protected override nn.Module _to(Device device, ScalarType dtype, bool non_blocking) => base._to(device, ScalarType.Float32, non_blocking);
}
