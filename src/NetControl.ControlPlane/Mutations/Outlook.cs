using NetControl.ControlPlane.State;

namespace NetControl.ControlPlane.Mutations;

/// <summary>Reads views of the state that a change leads to, before it is in force.</summary>
internal readonly struct Outlook
{
    private readonly ControlState _next;
    private readonly Runtimes _runtimes;
    private readonly PreparedChange _prepared;

    public Outlook(ControlState next, Runtimes runtimes, PreparedChange prepared)
    {
        _next = next;
        _runtimes = runtimes;
        _prepared = prepared;
    }

    public T Read<T>(Func<StateView, T> read)
    {
        lock (_runtimes.Gate)
        {
            return read(new StateView(_next, _runtimes, _prepared));
        }
    }
}
