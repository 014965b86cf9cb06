namespace NetControl.Stack.Wire;

/// <summary>Who answers for the transport checksum of a packet.</summary>
public enum ChecksumTrust : byte
{
    /// <summary>Nobody: verify it.</summary>
    Verify,

    /// <summary>The kernel: the packet's virtio header said NEEDS_CSUM or DATA_VALID, and the field may hold a partial sum.</summary>
    KernelVouches,
}
