using NetControl.ControlPlane.Errors;
using NetControl.ControlPlane.Specs;
using NetControl.ControlPlane.Validation;
using NetControl.Engine;
using NetControl.Engine.Devices;
using NetControl.Network;

namespace NetControl.ControlPlane.Devices;

/// <summary>Prepares the devices of a configuration for a process without capabilities: see <see cref="Preparation"/>.</summary>
public static class DevicePreparer
{
    /// <summary>Prepares all, the kill switch first, so that nothing passes in between.</summary>
    /// <param name="desired">A configuration that was found valid.</param>
    /// <param name="options">Mark, routing tables, rule priorities and the TUN driver's node.</param>
    /// <param name="user">Whose the interfaces are to be.</param>
    /// <param name="node">Where a node of the TUN driver is made for that user; null uses the one that the options name.</param>
    /// <returns>The interfaces.</returns>
    /// <exception cref="ControlPlaneException">The kernel said no.</exception>
    public static IReadOnlyList<string> Prepare(DesiredState desired, EngineOptions options, uint user, string? node)
    {
        TunSpec[] specs =
        [
            .. from draft in desired.Devices
               where draft.DescriptorSocket.Length == 0
               let spec = DeviceValidator.Validate(draft, "", FieldNaming.Json, new ViolationList())
               where spec is not null
               select spec,
        ];
        string resource = "";
        try
        {
            if (node is not null)
            {
                Preparation.MakeNode(node);
                options = options with { TunPath = node };
            }

            IEnumerable<IpPrefix> routes = specs.Where(spec => spec.KillSwitch).SelectMany(spec => spec.Routes);
            IpPrefix[] guarded = [.. routes.Select(route => route.Network()).Distinct()];
            Preparation.LeaveOut(options, user);
            KillSwitch.Guard(options, guarded);
            foreach (TunSpec spec in specs)
            {
                resource = spec.Name;
                Preparation.Prepare(options, spec.ToDeviceSpec(), user);
            }

            if (node is not null)
            {
                Preparation.GiveNode(node, user);
            }

            return [.. specs.Select(spec => spec.Interface)];
        }
        catch (EngineException e)
        {
            throw ControlPlaneException.From(e, resource);
        }
    }

    /// <summary>Takes away what was prepared in this network namespace.</summary>
    /// <returns>What it was, in words.</returns>
    /// <exception cref="ControlPlaneException">The kernel said no.</exception>
    public static IReadOnlyList<string> Remove()
    {
        try
        {
            return Preparation.Remove();
        }
        catch (EngineException e)
        {
            throw ControlPlaneException.From(e, "");
        }
    }
}
