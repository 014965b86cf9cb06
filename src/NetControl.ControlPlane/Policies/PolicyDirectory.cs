using Microsoft.Extensions.Logging;
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
public sealed partial class PolicyDirectory : ResourceDirectory<PolicyView>
{
    private readonly Runtimes _runtimes;
    private readonly ILogger _logger;

    internal PolicyDirectory(Mutator mutator, Runtimes runtimes, ILogger logger)
        : base(PolicyList.Schema, mutator, logger)
    {
        _runtimes = runtimes;
        _logger = logger;
    }

    /// <summary>Makes a policy.</summary>
    public Task<PolicyView> CreateAsync(PolicyDraft draft, string prefix, MutationContext mutation)
    {
        PolicySpec spec = Validate(draft, prefix);
        return CreateAsync(draft.Name, mutation, next => next.Add(draft, spec), _ => LogCreated(draft.Name, spec.Rules.Count));
    }

    /// <summary>Replaces what a policy says, in one step for every device that it governs.</summary>
    public Task<PolicyView> UpdateAsync(string name, Func<PolicyDraft, PolicyDraft> patch, string etag, MutationContext mutation) =>
        ChangeAsync(name, etag, mutation, next =>
        {
            PolicyDraft draft = patch(next.State.Policy(name).Draft);
            next.Change(name, draft, Validate(draft, "policy."));
        }, view => LogUpdated(name, view.Spec.Rules.Count));

    /// <summary>Removes a policy; one that governs a device only with force, and then the device rejects new sessions until it is given
    /// another policy, or none.</summary>
    public Task<Deleted> DeleteAsync(string name, string etag, bool force, MutationContext mutation) =>
        RemoveUnusedAsync(name, etag, force, mutation, users => $"governs {users}; give them another policy");

    /// <summary>Says what would become of traffic, and why; counts nothing.</summary>
    public PolicyVerdict Evaluate(PolicyQuestion question) => Mutator.Read(read =>
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

    private protected override IEnumerable<ResourceRecord> Records(ControlState state) => state.Policies.Values;

    private protected override ResourceRecord Find(ControlState state, string name) => state.Policy(name);

    private static PolicySpec Validate(PolicyDraft draft, string prefix) =>
        ViolationList.Validated(draft.Name, violations => PolicyValidator.Validate(draft, prefix, FieldNaming.Proto, violations));

    [LoggerMessage(Level = LogLevel.Information, Message = "created {Name} with {Rules} rules")]
    private partial void LogCreated(string name, int rules);

    [LoggerMessage(Level = LogLevel.Information, Message = "updated {Name}: {Rules} rules")]
    private partial void LogUpdated(string name, int rules);
}
