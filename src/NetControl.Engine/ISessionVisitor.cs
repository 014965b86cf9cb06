using NetControl.Engine.Sessions;

namespace NetControl.Engine;

/// <summary>Is shown live sessions one by one.</summary>
/// <remarks>Owner: the loop whose sessions they are, until all have been shown. It must be quick, and must not throw.</remarks>
public interface ISessionVisitor
{
    /// <summary>Looks at one session; a copy is the visitor's to keep.</summary>
    void Visit(in SessionInfo session);
}
