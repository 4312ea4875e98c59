using MedSam2.Imaging.Geometry;
using MedSam2.Training.Evaluation.Protocols;
using Xunit;

namespace MedSam2.Training.Tests.Evaluation;

public sealed class StackChoiceTests
{
    [Fact]
    public void The_grids_stacks_are_what_they_are_called()
    {
        var sagittal = Stored(new(0, 1, 0), new(0, 0, -1), new(1, 0, 0));

        Assert.Equal(SliceAxis.K, StackChoice.K.In(sagittal));
        Assert.Equal(SliceAxis.J, StackChoice.J.In(sagittal));
        Assert.Equal(SliceAxis.I, StackChoice.I.In(sagittal));
    }

    [Fact]
    public void The_patients_stacks_are_found_however_slices_are_stored()
    {
        var axial = Stored(new(1, 0, 0), new(0, 1, 0), new(0, 0, 1));
        var sagittal = Stored(new(0, 1, 0), new(0, 0, -1), new(1, 0, 0)); // rows go to the back, columns to the feet

        Assert.Equal((SliceAxis.K, SliceAxis.J, SliceAxis.I), Patient(axial));
        Assert.Equal((SliceAxis.J, SliceAxis.I, SliceAxis.K), Patient(sagittal));
    }

    [Fact]
    public void Directions_count_and_not_how_far_apart_slices_are()
    {
        // Thick slices, tilted by 30 degrees: their step goes farther to the head than a row does to the back, and still less straight.
        var tilted = Stored(new(1, 0, 0), new(0, 0.866, 0.5), new Vector3D(0, -0.5, 0.866) * 9);

        Assert.Equal((SliceAxis.K, SliceAxis.J, SliceAxis.I), Patient(tilted));
    }

    private static (SliceAxis Axial, SliceAxis Coronal, SliceAxis Sagittal) Patient(VolumeGeometry geometry) =>
        (StackChoice.Axial.In(geometry), StackChoice.Coronal.In(geometry), StackChoice.Sagittal.In(geometry));

    private static VolumeGeometry Stored(Vector3D i, Vector3D j, Vector3D k) => new(8, 6, 4, new(i, j, k, Vector3D.Zero));
}
