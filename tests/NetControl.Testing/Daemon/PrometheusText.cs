using System.Globalization;
using System.Text.RegularExpressions;

namespace NetControl.Testing.Daemon;

/// <summary>A scrape in Prometheus' text format.</summary>
public sealed partial class PrometheusText
{
    private readonly List<PrometheusSample> _samples = [];

    private PrometheusText()
    {
    }

    /// <summary>All samples in their order.</summary>
    public IReadOnlyList<PrometheusSample> Samples => _samples;

    /// <summary>Reads a scrape.</summary>
    public static PrometheusText Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        PrometheusText result = new();
        foreach (string line in text.Split('\n').Where(line => line.Length > 0 && line[0] != '#'))
        {
            Match match = SamplePattern().Match(line);
            if (!match.Success)
            {
                throw new FormatException($"not a Prometheus sample: {line}");
            }

            Dictionary<string, string> labels = LabelPattern().Matches(match.Groups["labels"].Value)
                .ToDictionary(label => label.Groups["name"].Value, label => label.Groups["value"].Value, StringComparer.Ordinal);
            result._samples.Add(new PrometheusSample(
                match.Groups["name"].Value, labels, double.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture)));
        }

        return result;
    }

    /// <summary>The sum of the samples of that name that carry these labels; exact below 2^53.</summary>
    public long Sum(string name, params (string Label, string Value)[] labels) => (long)_samples
        .Where(sample => sample.Name == name && Array.TrueForAll(labels, label => sample.Labels.GetValueOrDefault(label.Label) == label.Value))
        .Sum(sample => sample.Value);

    [GeneratedRegex("^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\\{(?<labels>.*)\\})? (?<number>\\S+)( \\d+)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SamplePattern();

    [GeneratedRegex("(?<name>[a-zA-Z_][a-zA-Z0-9_]*)=\"(?<value>([^\"\\\\]|\\\\.)*)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LabelPattern();
}
