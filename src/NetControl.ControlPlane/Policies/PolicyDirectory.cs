using Microsoft.Extensions.Logging;
using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Mutations;
using NetControl.ControlPlane.Registry;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.State;
using NetControl.ControlPlane.Validation;
using NetControl.Engine.Policies;
using NetControl.Engine.Sessions;

namespace NetControl.ControlPlane.Policies;

/// <summary>The verbs of policies.</summary>
/// <remarks>Thread rule: any thread. When a verb throws, nothing has happened.</remarks>
public sealed partial class PolicyDirectory
{
    private readonly Mutator _mutator;
    private readonly Runtimes _runtimes;
    private readonly ILogger _logger;

    internal PolicyDirectory(Mutator mutator, Runtimes runtimes, ILogger logger)
    {
        _mutator = mutator;
        _runtimes = runtimes;
        _logger = logger;
    }

    /// <summary>Makes a policy.</summary>
    public async Task<PolicyView> CreateAsync(PolicyDraft draft, string prefix, MutationContext mutation)
    {
        PolicySpec spec = Validate(draft, prefix);
        PolicyView view = await _mutator.RunAsync(mutation, next => next.Add(draft, spec), read => read.Policy(draft.Name));
        if (!mutation.ValidateOnly)
        {
            LogCreated(draft.Name, spec.Rules.Count);
        }

        return view;
    }

    /// <summary>Reads one policy.</summary>
    public PolicyView Get(string name) => _mutator.Read(read => read.Policy(name));

    /// <summary>Reads a page of policies.</summary>
    public Page<PolicyView> List(int pageSize, string pageToken) => _mutator.Read(read =>
        Paging.ByName(ResourceName.Policies, read.State.Policies.Values, pageSize, pageToken, read.View));

    /// <summary>Reads all policies.</summary>
    public IReadOnlyList<PolicyView> All() =>
        _mutator.Read<IReadOnlyList<PolicyView>>(read => [.. read.State.Policies.Values.Select(read.View)]);

    /// <summary>Replaces what a policy says, in one step for every device that it governs.</summary>
    public async Task<PolicyView> UpdateAsync(string name, Func<PolicyDraft, PolicyDraft> patch, string etag, MutationContext mutation)
    {
        PolicyView view = await _mutator.RunAsync(mutation, next =>
        {
            PolicyRecord record = next.State.Policy(name);
            StateDraft.CheckEtag(record, etag);
            PolicyDraft draft = patch(record.Draft);
            next.Change(name, draft, Validate(draft, "policy."));
        }, read => read.Policy(name));
        if (!mutation.ValidateOnly)
        {
            LogUpdated(name, view.Spec.Rules.Count);
        }

        return view;
    }

    /// <summary>Removes a policy; one that governs a device only with force, and then the device rejects new sessions until it is given
    /// another policy, or none.</summary>
    public async Task<Deleted> DeleteAsync(string name, string etag, bool force, MutationContext mutation)
    {
        Deleted deleted = await _mutator.RunAsync(mutation, next =>
        {
            StateDraft.CheckEtag(next.State.Policy(name), etag);
            string users = string.Join(", ", next.State.UsersOfPolicy(name));
            if (users.Length > 0 && !force)
            {
                throw new ControlPlaneException(ControlPlaneError.ResourceInUse,
                    $"\"{name}\" governs {users}; give them another policy, or set force", name);
            }

            next.RemovePolicy(name);
        }, _ => Deleted.Answer);
        if (!mutation.ValidateOnly)
        {
            LogDeleted(name);
        }

        return deleted;
    }

    /// <summary>Says what would become of traffic, and why; counts nothing.</summary>
    public PolicyVerdict Evaluate(PolicyQuestion question) => _mutator.Read(read =>
    {
        DeviceRecord? device = ResourceName.Is(question.Subject, ResourceName.Devices) ? read.State.Device(question.Subject) : null;
        string attached = question.Protocol == SessionProtocol.Tcp ? device?.Spec.StreamDialer ?? "" : device?.Spec.PacketProxy ?? "";
        string name = device is null ? question.Subject : device.Spec.Policy;
        if (device is not null && (device.Draining || (name.Length > 0 && !read.State.Policies.ContainsKey(name))))
        {
            return new PolicyVerdict(name, 0, PolicyAction.Deny, "", "", "", []);
        }

        if (name.Length == 0)
        {
            return new PolicyVerdict("", 0, PolicyAction.Allow, "", attached, read.State.ProxyOf(attached), []);
        }

        PolicyRecord policy = read.State.Policy(name);
        PolicyModel model = _runtimes.Policy(name)!;
        List<PolicyTraceStep> trace = [];
        foreach (PolicyRuleModel rule in model.Rules)
        {
            PolicyMismatch mismatch = rule.Match(question.Protocol, question.Source, question.Destination);
            trace.Add(new PolicyTraceStep(rule.Id, mismatch));
            if (mismatch == PolicyMismatch.None)
            {
                return Verdict(read.State, policy, rule.Action, rule.Id, attached, trace);
            }
        }

        return Verdict(read.State, policy, policy.Spec.DefaultAction, "", attached, trace);
    });

    private static PolicyVerdict Verdict(ControlState state, PolicyRecord policy, PolicyAction action, string rule, string attached,
        IReadOnlyList<PolicyTraceStep> trace)
    {
        string egress = action switch
        {
            PolicyAction.Route => policy.Spec.Rules.First(r => r.Id == rule).Target,
            PolicyAction.Allow => attached,
            _ => "",
        };
        return new PolicyVerdict(policy.Name, policy.Generation, action, rule, egress, state.ProxyOf(egress), trace);
    }

    private static PolicySpec Validate(PolicyDraft draft, string prefix)
    {
        ViolationList violations = new();
        PolicySpec? spec = PolicyValidator.Validate(draft, prefix, FieldNaming.Proto, violations);
        violations.ThrowIfAny(draft.Name);
        return spec!;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "created {Name} with {Rules} rules")]
    private partial void LogCreated(string name, int rules);

    [LoggerMessage(Level = LogLevel.Information, Message = "updated {Name}: {Rules} rules")]
    private partial void LogUpdated(string name, int rules);

    [LoggerMessage(Level = LogLevel.Information, Message = "deleted {Name}")]
    private partial void LogDeleted(string name);
}
