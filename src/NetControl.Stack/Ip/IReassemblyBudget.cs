namespace NetControl.Stack.Ip;

/// <summary>Memory for incomplete datagrams that several reassemblers share.</summary>
public interface IReassemblyBudget
{
    /// <summary>Takes so many bytes, unless there are not enough.</summary>
    bool TryTake(long amount);

    /// <summary>Gives bytes back.</summary>
    void Return(long amount);
}
