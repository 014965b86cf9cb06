using NetControl.ControlPlane.Lists;
using NetControl.Engine;
using NetControl.Engine.Sessions;

namespace NetControl.ControlPlane.Sessions;

/// <summary>Keeps of the sessions of one queue those that may be on a page: what a loop spends on a list is one look at each.</summary>
internal sealed class SessionCollector(SessionFilter filter, PageCollector<SessionInfo> page) : ISessionVisitor
{
    public PageCollector<SessionInfo> Page => page;

    public void Visit(in SessionInfo session)
    {
        if (filter.MatchesFields(session))
        {
            page.Add(session);
        }
    }
}
