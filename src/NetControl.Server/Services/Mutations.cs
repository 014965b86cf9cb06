using Google.Protobuf;
using NetControl.ControlPlane;

namespace NetControl.Server.Services;

/// <summary>Runs a mutation once for each request id.</summary>
internal static class Mutations
{
    public static Task<T> RunOnceAsync<T>(this NetControlPlane plane, string requestId, bool validateOnly, IMessage request, Func<T> work)
        where T : class => plane.RunOnceAsync(requestId, validateOnly, request, () => Task.FromResult(work()));

    // A dry run has no effect to protect, and its id may be used again for the real call.
    public static Task<T> RunOnceAsync<T>(this NetControlPlane plane, string requestId, bool validateOnly, IMessage request,
        Func<Task<T>> work)
        where T : class => plane.Requests.RunAsync(validateOnly ? "" : requestId, request.Descriptor.FullName, request.ToByteArray(), work);
}
