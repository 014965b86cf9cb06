using Microsoft.Extensions.Logging;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Lists;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.State;

namespace NetControl.ControlPlane.Registry;

/// <summary>What the verbs of all kinds of resources have in common: the reads, and the frame around a change of one.</summary>
/// <typeparam name="TView">A resource of the kind as reads give it.</typeparam>
/// <remarks>Thread rule: any thread. When a verb throws, nothing has happened.</remarks>
public abstract partial class ResourceDirectory<TView>
    where TView : class
{
    private readonly ResourceList<TView> _list;
    private readonly ILogger _logger;

    private protected ResourceDirectory(ResourceList<TView> list, Mutator mutator, ILogger logger)
    {
        _list = list;
        _logger = logger;
        Mutator = mutator;
    }

    private protected Mutator Mutator { get; }

    /// <summary>Reads one.</summary>
    public TView Get(string name) => Mutator.Read(read => View(read, Find(read.State, name)));

    /// <summary>Reads a page, in the order of names where no other is asked for.</summary>
    public Page<TView> List(ListRequest request) => _list.Read(request, Mutator, Records);

    /// <summary>Reads all, in the order of names.</summary>
    public IReadOnlyList<TView> All() =>
        Mutator.Read<IReadOnlyList<TView>>(read => [.. Records(read.State).Select(record => View(read, record))]);

    /// <summary>The resources of the kind, in the order of names.</summary>
    private protected abstract IEnumerable<ResourceRecord> Records(ControlState state);

    /// <summary>One of the kind, or a failure that says that it does not exist.</summary>
    private protected abstract ResourceRecord Find(ControlState state, string name);

    /// <summary>Makes one; the log is told once it is in force.</summary>
    private protected async Task<TView> CreateAsync(string name, MutationContext mutation, Action<StateDraft> edit, Action<TView> log)
    {
        TView view = await Mutator.RunAsync(mutation, edit, read => View(read, Find(read.State, name)));
        if (!mutation.ValidateOnly)
        {
            log(view);
        }

        return view;
    }

    /// <summary>Changes one, if the etag is empty or current; the log is told once it is in force.</summary>
    private protected Task<TView> ChangeAsync(string name, string etag, MutationContext mutation, Action<StateDraft> edit,
        Action<TView> log) =>
        CreateAsync(name, mutation, next =>
        {
            Find(next.State, name).CheckEtag(etag);
            edit(next);
        }, log);

    /// <summary>Removes one, if the etag is empty or current.</summary>
    /// <param name="name">Which one.</param>
    /// <param name="etag">If not empty, must be current.</param>
    /// <param name="mutation">What came with the request.</param>
    /// <param name="check">Throws where it must not go.</param>
    private protected async Task<Deleted> RemoveAsync(string name, string etag, MutationContext mutation, Action<ControlState> check)
    {
        Deleted deleted = await Mutator.RunAsync(mutation, next =>
        {
            ResourceRecord record = Find(next.State, name);
            record.CheckEtag(etag);
            check(next.State);
            next.Remove(record);
        }, _ => Deleted.Answer);
        if (!mutation.ValidateOnly)
        {
            LogDeleted(name);
        }

        return deleted;
    }

    /// <summary>Removes one that nobody uses; with force any.</summary>
    /// <param name="name">Which one.</param>
    /// <param name="etag">If not empty, must be current.</param>
    /// <param name="force">Whether users may be left without it.</param>
    /// <param name="mutation">What came with the request.</param>
    /// <param name="why">Says what its users do with it, and what to do about them.</param>
    private protected Task<Deleted> RemoveUnusedAsync(
        string name, string etag, bool force, MutationContext mutation, Func<string, string> why) =>
        RemoveAsync(name, etag, mutation, state =>
        {
            string users = string.Join(", ", state.UsersOf(Find(state, name).Name));
            if (users.Length > 0 && !force)
            {
                throw ControlPlaneException.InUse(name, why(users));
            }
        });

    private static TView View(StateView read, ResourceRecord record) => (TView)read.View(record);

    [LoggerMessage(Level = LogLevel.Information, Message = "deleted {Name}")]
    private partial void LogDeleted(string name);
}
