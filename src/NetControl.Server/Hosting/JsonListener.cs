using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace NetControl.Server.Hosting;

/// <summary>Marks the connections of a listener where the API is served as JSON.</summary>
/// <remarks>JSON is served only where it was asked for: never on the port of <c>/metrics</c>, which asks nobody who they are.</remarks>
internal sealed class JsonListener
{
    private static readonly JsonListener s_mark = new();

    public static void Mark(ListenOptions listen) => listen.Use(next => connection =>
    {
        connection.Features.Set(s_mark);
        return next(connection);
    });
}
