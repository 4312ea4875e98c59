using MedSam2.Server.Hubs.Contracts;

namespace MedSam2.Server.Sessions;

/// <summary>Which steps can be undone and redone. What objects were before and after a step is kept elsewhere.</summary>
internal sealed class SessionHistory(int most)
{
    private readonly List<HistoryStep> _steps = [];

    /// <summary>The last step that counts; 0 where none does.</summary>
    public int Head { get; private set; }

    /// <summary>The oldest step that can be undone, now or after a redo.</summary>
    public int Oldest => _steps.Count > 0 ? _steps[0].Number : Head + 1;

    public HistoryStep? ToUndo => _steps.FindLast(step => step.Number == Head);

    public HistoryStep? ToRedo => _steps.Find(step => step.Number == Head + 1);

    /// <summary>Takes a history up again.</summary>
    public void Continue(IEnumerable<HistoryStep> steps, int head)
    {
        _steps.AddRange(steps);
        Head = head;
    }

    /// <summary>Adds a step; those that were undone are gone.</summary>
    public HistoryStep Add(string text, int[] objects)
    {
        _steps.RemoveAll(step => step.Number > Head);
        var added = new HistoryStep(++Head, text, objects);
        _steps.Add(added);
        if (_steps.Count > most)
            _steps.RemoveAt(0);
        return added;
    }

    public void Undo() => Head--;

    public void Redo() => Head++;

    public HistoryInfo Describe() => new()
    {
        CanUndo = ToUndo is not null,
        CanRedo = ToRedo is not null,
        Undo = ToUndo?.Text ?? "",
        Redo = ToRedo?.Text ?? "",
    };
}

/// <summary>Something that can be undone.</summary>
/// <param name="Number">From 1, without gaps.</param>
/// <param name="Text">What it was, for people.</param>
/// <param name="Objects">What it changed.</param>
internal sealed record HistoryStep(int Number, string Text, int[] Objects);
