namespace NetControl.Engine.Devices;

/// <summary>What has been done and how to take it back, last first.</summary>
/// <remarks>Owner: one thread at a time.</remarks>
internal sealed class UndoList
{
    private readonly List<(string What, Action Undo)> _steps = [];

    /// <summary>Notes a step that has just succeeded. <paramref name="what"/> completes the sentence "could not ...", and names the step:
    /// one that is noted already is not noted twice.</summary>
    public void Add(string what, Action undo)
    {
        if (_steps.FindIndex(step => step.What == what) < 0)
        {
            _steps.Add((what, undo));
        }
    }

    /// <summary>Takes one step back, out of order. When that fails it stays noted.</summary>
    public void TakeBack(string what)
    {
        int index = _steps.FindIndex(step => step.What == what);
        if (index >= 0)
        {
            _steps[index].Undo();
            _steps.RemoveAt(index);
        }
    }

    /// <summary>Takes everything back once. A step that fails is reported and the others still run.</summary>
    public void Run(Action<string, Exception> onFailure)
    {
        while (_steps.Count > 0)
        {
            (string what, Action undo) = _steps[^1];
            _steps.RemoveAt(_steps.Count - 1);
            try
            {
                undo();
            }
            catch (Exception e)
            {
                onFailure(what, e);
            }
        }
    }
}
