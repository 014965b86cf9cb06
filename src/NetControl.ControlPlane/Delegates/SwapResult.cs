namespace NetControl.ControlPlane.Delegates;

/// <summary>What a swap did.</summary>
/// <param name="Delegate">The delegate as it is now.</param>
/// <param name="Generation">The generation that sessions are born with from now on.</param>
/// <param name="Kept">Older sessions that go on.</param>
/// <param name="Draining">Older sessions that go on until the deadline.</param>
/// <param name="Closed">Older sessions that were closed.</param>
public sealed record SwapResult(DelegateView Delegate, long Generation, long Kept, long Draining, long Closed);
