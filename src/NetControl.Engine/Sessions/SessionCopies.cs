namespace NetControl.Engine.Sessions;

/// <summary>Copies the sessions that a selector picks, or all.</summary>
internal sealed class SessionCopies(SessionSelector? selector) : ISessionVisitor
{
    public List<SessionInfo> Items { get; } = [];

    public void Visit(in SessionInfo session)
    {
        if (selector is null || selector(session))
        {
            Items.Add(session);
        }
    }
}
