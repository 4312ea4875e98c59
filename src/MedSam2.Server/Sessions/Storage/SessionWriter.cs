using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace MedSam2.Server.Sessions.Storage;

/// <summary>
/// The journal's connection to the database, with statements that are compiled once: each click writes the same few rows,
/// and waits for them.
/// </summary>
/// <remarks>For one thread at a time. What failed may have left it half-way: dispose of it then.</remarks>
internal sealed class SessionWriter(SessionContext context) : IAsyncDisposable
{
    private readonly Dictionary<string, DbCommand> _statements = [];

    /// <summary>For what is rare.</summary>
    public SessionContext Context => context;

    /// <summary>Runs a statement within the transaction that is open.</summary>
    /// <param name="statement">SQL whose parameters are named <c>$0</c>, <c>$1</c> and so on.</param>
    /// <param name="values">Their values, in that order.</param>
    /// <returns>How many rows it changed.</returns>
    public int Execute(string statement, params ReadOnlySpan<object?> values)
    {
        if (!_statements.TryGetValue(statement, out var command))
            _statements.Add(statement, command = Create(statement, values.Length));
        for (var n = 0; n < values.Length; n++)
            command.Parameters[n].Value = values[n] ?? DBNull.Value;
        command.Transaction = context.Database.CurrentTransaction?.GetDbTransaction();
        return command.ExecuteNonQuery();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var command in _statements.Values)
            await command.DisposeAsync();
        await context.DisposeAsync();
    }

    private DbCommand Create(string statement, int count)
    {
        var command = context.Database.GetDbConnection().CreateCommand();
        command.CommandText = statement;
        for (var n = 0; n < count; n++)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = FormattableString.Invariant($"${n}");
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
