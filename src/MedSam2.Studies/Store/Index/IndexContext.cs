using Microsoft.EntityFrameworkCore;

namespace MedSam2.Studies.Store.Index;

/// <summary>The index database. Everything in it can be made again from the files.</summary>
internal sealed class IndexContext(DbContextOptions<IndexContext> options) : DbContext(options)
{
    /// <summary>Raised with every change of the rows; an index of another version is made anew from the files.</summary>
    public const int SchemaVersion = 1;

    public DbSet<StudyRow> Studies => Set<StudyRow>();

    public DbSet<SeriesRow> Series => Set<SeriesRow>();

    public DbSet<InstanceRow> Instances => Set<InstanceRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<StudyRow>(study =>
        {
            study.HasIndex(s => s.StudyInstanceUid).IsUnique();
            study.HasIndex(s => s.PatientId);
            study.HasIndex(s => s.StudyDate);
            study.HasMany(s => s.Series).WithOne(s => s.Study).HasForeignKey(s => s.StudyRowId);
        });
        modelBuilder.Entity<SeriesRow>(series =>
        {
            series.HasIndex(s => new { s.StudyRowId, s.SeriesInstanceUid }).IsUnique();
            series.HasIndex(s => s.SeriesInstanceUid);
            series.HasIndex(s => s.Modality);
            series.HasIndex(s => s.ReferencedSeriesUid);
            series.HasMany(s => s.Instances).WithOne(i => i.Series).HasForeignKey(i => i.SeriesRowId);
        });
        modelBuilder.Entity<InstanceRow>(instance =>
        {
            instance.HasIndex(i => new { i.SeriesRowId, i.SopInstanceUid }).IsUnique();
            instance.HasIndex(i => i.SopInstanceUid);
        });
    }
}
