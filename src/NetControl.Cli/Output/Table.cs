using System.Text;

namespace NetControl.Cli.Output;

/// <summary>Columns of text, as wide as their widest cell; numbers to the right.</summary>
internal sealed class Table
{
    private const string Gap = "  ";
    private readonly string[] _headers;
    private readonly List<string[]> _rows = [];

    public Table(params string[] headers)
    {
        _headers = headers;
    }

    public Table Add(params string[] cells)
    {
        _rows.Add([.. cells.Select(cell => cell.Length == 0 ? "-" : cell)]);
        return this;
    }

    public override string ToString()
    {
        int[] widths = [.. _headers.Select((header, i) => _rows.Select(row => row[i].Length).Append(header.Length).Max())];
        bool[] numeric = [.. _headers.Select((_, i) => _rows.Count > 0 && _rows.TrueForAll(row => IsNumber(row[i])))];
        StringBuilder text = new();
        Append(text, _headers, widths, numeric);
        foreach (string[] row in _rows)
        {
            Append(text, row, widths, numeric);
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, string[] cells, int[] widths, bool[] numeric)
    {
        StringBuilder line = new();
        for (int i = 0; i < cells.Length; i++)
        {
            line.Append(i == 0 ? "" : Gap).Append(numeric[i] ? cells[i].PadLeft(widths[i]) : cells[i].PadRight(widths[i]));
        }

        text.Append(line.ToString().TrimEnd()).Append('\n');
    }

    private static bool IsNumber(string cell) => cell == "-" || cell.All(c => char.IsAsciiDigit(c) || c == '.');
}
