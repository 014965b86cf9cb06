using NetControl.Engine.Captures;
using NetControl.Engine.Diagnosis;

namespace NetControl.Engine;

/// <content>Looking at what is there: packets, and the kernel's routing.</content>
public sealed partial class PacketEngine
{
    /// <summary>Starts to record the packets of the device of that name; beside the data path, which never waits for it.</summary>
    /// <exception cref="EngineException">There is no such device, or it is captured too often already.</exception>
    public Task<PacketCapture> CaptureAsync(string device, CaptureOptions options, CancellationToken cancellationToken)
    {
        EngineDevice open = Array.Find(Devices(), candidate => candidate.Spec.Name == device)
            ?? throw new EngineException(EngineError.Closed, $"{device} is not open");
        return open.CaptureAsync(options, cancellationToken);
    }

    /// <summary>Looks for what is wrong with the set-up around the devices, in the calling thread's network namespace.</summary>
    public DiagnosisReport DiagnoseRouting(DiagnosisRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return RoutingDiagnosis.Run(request, Options, _mark, Devices());
    }
}
