using Microsoft.EntityFrameworkCore;

namespace MedSam2.Server.Sessions.Storage;

internal sealed class SessionContext(DbContextOptions<SessionContext> options) : DbContext(options)
{
    /// <summary>Raised with every change of the rows.</summary>
    public const int SchemaVersion = 1;

    public DbSet<SessionRow> Sessions => Set<SessionRow>();

    public DbSet<ObjectLabelRow> Labels => Set<ObjectLabelRow>();

    public DbSet<FrameRow> Frames => Set<FrameRow>();

    public DbSet<StepRow> Steps => Set<StepRow>();

    public DbSet<ObjectStateRow> States => Set<ObjectStateRow>();

    public DbSet<LogRow> Log => Set<LogRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<SessionRow>().HasKey(s => s.Id);
        modelBuilder.Entity<ObjectLabelRow>().HasKey(l => new { l.SessionId, l.ObjectId });
        modelBuilder.Entity<FrameRow>().HasKey(f => new { f.SessionId, f.ObjectId, f.Plane, f.Index });
        modelBuilder.Entity<StepRow>().HasKey(s => new { s.SessionId, s.Number });
        modelBuilder.Entity<ObjectStateRow>().HasKey(s => new { s.SessionId, s.ObjectId, s.Step });
        modelBuilder.Entity<LogRow>().HasKey(l => new { l.SessionId, l.Number });
    }
}
