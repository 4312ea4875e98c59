using Microsoft.EntityFrameworkCore;

namespace MedSam2.Studies.Datastore;

internal sealed class DatastoreContext(DbContextOptions<DatastoreContext> options) : DbContext(options)
{
    /// <summary>Raised with every change of the rows.</summary>
    public const int SchemaVersion = 2;

    public DbSet<ImageRow> Images => Set<ImageRow>();

    public DbSet<LabelRow> Labels => Set<LabelRow>();

    public DbSet<HoldRow> Holds => Set<HoldRow>();

    public DbSet<NoteRow> Notes => Set<NoteRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<ImageRow>(image =>
        {
            image.HasKey(i => i.Id);
            image.HasMany(i => i.Labels).WithOne(l => l.Image).HasForeignKey(l => l.ImageId).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<LabelRow>().HasIndex(l => new { l.ImageId, l.Tag }).IsUnique();
        modelBuilder.Entity<HoldRow>().HasKey(h => new { h.ImageId, h.Holder });
        modelBuilder.Entity<NoteRow>().HasKey(n => n.Key);
    }
}
