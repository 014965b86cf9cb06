namespace NetControl.Engine.Devices;

/// <summary>What has been done and how to take it back, last first.</summary>
/// <remarks>Owner: one thread at a time.</remarks>
internal sealed class UndoList
{
    private readonly Stack<(string What, Action Undo)> _steps = new();

    /// <summary>Notes a step that has just succeeded. <paramref name="what"/> completes the sentence "could not ...".</summary>
    public void Add(string what, Action undo) => _steps.Push((what, undo));

    /// <summary>Takes everything back once. A step that fails is reported and the others still run.</summary>
    public void Run(Action<string, Exception> onFailure)
    {
        while (_steps.TryPop(out (string What, Action Undo) step))
        {
            try
            {
                step.Undo();
            }
            catch (Exception e)
            {
                onFailure(step.What, e);
            }
        }
    }
}
