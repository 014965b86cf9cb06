using NetControl.ControlPlane.Validation;

namespace NetControl.Server.Security.Files;

/// <summary>Something that files define, and that follows them while the process runs.</summary>
internal interface IReloadable
{
    /// <summary>What it is, for logs and metrics.</summary>
    string Name { get; }

    /// <summary>The files.</summary>
    IReadOnlyList<string> Paths { get; }

    /// <summary>The configuration fields that name the files.</summary>
    IReadOnlyList<string> Fields { get; }

    /// <summary>What is in force, without secrets, in a line for people.</summary>
    string InForce { get; }

    /// <summary>Takes new contents into force; where a violation is noted, everything stays as it was.</summary>
    void Load(IReadOnlyList<FileContent> files, ViolationList violations, DateTimeOffset now);

    /// <summary>Does what time alone brings about.</summary>
    void Tick(DateTimeOffset now);
}
