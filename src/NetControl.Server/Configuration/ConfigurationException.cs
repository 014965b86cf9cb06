using NetControl.ControlPlane.Validation;

namespace NetControl.Server.Configuration;

/// <summary>A configuration file that cannot be applied, with everything that is wrong with it.</summary>
internal sealed class ConfigurationException : Exception
{
    public ConfigurationException(string file, IReadOnlyList<Violation> violations)
        : base(string.Join('\n', violations.Select(v => $"{file}: {v}")))
    {
        Violations = violations;
    }

    public IReadOnlyList<Violation> Violations { get; }
}
