using NetControl.Engine.Netlink;

namespace NetControl.Engine.Diagnosis;

/// <summary>Looks for what is wrong with the set-up around the devices, in the calling thread's network namespace.</summary>
/// <remarks>Thread rule: any thread but a loop's; takes a few system calls for each address, route and rule. Changes nothing.</remarks>
internal static class RoutingDiagnosis
{
    /// <summary>Looks at everything.</summary>
    /// <param name="request">What.</param>
    /// <param name="options">The engine's options.</param>
    /// <param name="mark">The mark that upstream sockets really carry, or 0.</param>
    /// <param name="devices">All devices of the engine.</param>
    public static DiagnosisReport Run(DiagnosisRequest request, EngineOptions options, uint mark, IReadOnlyList<EngineDevice> devices)
    {
        using RtNetlink netlink = new();
        DiagnosisNotes notes = new(
            netlink,
            options,
            mark,
            [.. devices.Where(device => device.Status.InterfaceIndex > 0).Select(device => (device.Spec, device.Status))]);
        EnvironmentCheck.Run(notes, request.TunPath ?? options.TunPath);
        List<string> looked = [];
        foreach (EngineDevice device in devices.Where(device => request.Device is null || device.Spec.Name == request.Device))
        {
            looked.Add(device.Spec.Name);
            CheckDevice(notes, device, request.DirectInUse);
        }

        RuleCheck.Run(notes);
        foreach (UpstreamHost host in request.Upstreams)
        {
            UpstreamCheck.Run(notes, host);
        }

        return new DiagnosisReport([.. notes.Findings.OrderBy(finding => finding.Severity)], looked, notes.Checks);
    }

    private static void CheckDevice(DiagnosisNotes notes, EngineDevice device, bool directInUse)
    {
        long loops = device.ReadCounters().Drops[(int)DropReason.UpstreamLoop];
        if (notes.Check(loops > 0))
        {
            notes.Add(
                FindingSeverity.Error, FindingCode.LoopDetected, device.Spec.Name,
                $"{loops} packets of our own upstream sockets came back into the device since it was opened, and were refused",
                $"ip -4 rule add priority {notes.Options.RulePriority - 1} fwmark 0x{notes.Options.Mark:x} lookup main   # -6 likewise",
                device.Spec.Name);
        }

        if (device.Status.InterfaceIndex > 0 && InterfaceCheck.Run(notes, device.Spec, device.Status) is LinkInfo link)
        {
            RouteCheck.Run(notes, device.Spec, link, directInUse);
        }
    }
}
