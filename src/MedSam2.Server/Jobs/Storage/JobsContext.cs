using Microsoft.EntityFrameworkCore;

namespace MedSam2.Server.Jobs.Storage;

internal sealed class JobsContext(DbContextOptions<JobsContext> options) : DbContext(options)
{
    /// <summary>Raised with every change of the rows.</summary>
    public const int SchemaVersion = 1;

    public DbSet<JobRow> Jobs => Set<JobRow>();

    public DbSet<JobItemRow> Items => Set<JobItemRow>();

    public DbSet<JobLogRow> Logs => Set<JobLogRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<JobRow>(job =>
        {
            job.HasKey(j => j.Number);
            job.HasIndex(j => j.Id).IsUnique();
            job.HasIndex(j => new { j.Kind, j.State });
        });
        modelBuilder.Entity<JobItemRow>(item =>
        {
            item.HasKey(i => new { i.JobNumber, i.Item });
            item.HasOne<JobRow>().WithMany().HasForeignKey(i => i.JobNumber).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<JobLogRow>(line =>
        {
            line.HasKey(l => l.Number);
            line.HasIndex(l => new { l.JobNumber, l.Number });
            line.HasOne<JobRow>().WithMany().HasForeignKey(l => l.JobNumber).OnDelete(DeleteBehavior.Cascade);
        });
    }
}
