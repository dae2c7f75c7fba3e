using System.Text;
using Tare.Cli.Templates;

namespace Tare.Cli.Formatting;

/// <summary>Rows of a list command: as a table, as ids, as JSON lines or through the user's template.</summary>
internal sealed class Listing
{
    private const int Gap = 3;
    private const int LeastWidth = 10;
    private readonly List<Dictionary<string, object?>> _rows = [];
    private readonly (string Field, string Header)[] _columns;

    /// <summary>Columns of the default table: the row's field and its header.</summary>
    public Listing(params (string Field, string Header)[] columns) => _columns = columns;

    /// <summary>Adds a row; it may have more fields than the default table shows.</summary>
    public void Add(Dictionary<string, object?> row) => _rows.Add(row);

    /// <summary>Prints in the wished format: null or "table" is the default table.</summary>
    public void Print(Output output, string? format, string? quietField = null)
    {
        if (quietField is not null && string.IsNullOrEmpty(format))
        {
            foreach (Dictionary<string, object?> row in _rows)
                output.WriteLine(TemplateValue.Print(row[quietField]));
            return;
        }
        if (string.IsNullOrEmpty(format) || format == "table")
            PrintTable(output, [.. _columns.Select(c => c.Header)], _rows.Select(r => _columns.Select(c => TemplateValue.Print(r[c.Field])).ToArray()));
        else if (format.StartsWith("table ", StringComparison.Ordinal))
            PrintTemplateTable(output, Unescape(format[6..]));
        else
            PrintTemplate(output, format == "json" ? "{{json .}}" : Unescape(format));
    }

    /// <summary>Columns three spaces apart, each as wide as its widest cell and at least as a width.</summary>
    public static void PrintTable(Output output, string[] headers, IEnumerable<string[]> rows, int leastWidth = LeastWidth)
    {
        List<string[]> all = [headers, .. rows];
        int[] widths = new int[all.Max(r => r.Length)];
        foreach (string[] row in all)
        {
            for (int i = 0; i < row.Length; i++)
                widths[i] = Math.Max(widths[i], row[i].Length);
        }
        var line = new StringBuilder();
        foreach (string[] row in all)
        {
            _ = line.Clear();
            for (int i = 0; i < row.Length; i++)
                _ = i == row.Length - 1 ? line.Append(row[i]) : line.Append(row[i].PadRight(Math.Max(widths[i] + Gap, leastWidth)));
            output.WriteLine(line.ToString());
        }
    }

    private void PrintTemplate(Output output, string format)
    {
        var template = Template.Parse(format);
        foreach (Dictionary<string, object?> row in _rows)
            output.WriteLine(template.Execute(row));
    }

    private void PrintTemplateTable(Output output, string format)
    {
        var template = Template.Parse(format);
        Dictionary<string, object?> headers = [];
        foreach (Dictionary<string, object?> row in _rows)
        {
            foreach (string field in row.Keys)
                headers.TryAdd(field, Header(field));
        }
        foreach ((string field, string header) in _columns)
            headers[field] = header;
        headers["Label"] = (Func<string, object?>)(name => name);
        PrintTable(output, template.Execute(headers).Split('\t'), _rows.Select(r => template.Execute(r).Split('\t')));
    }

    /// <summary>"RunningFor" is "RUNNING FOR", "ID" is "ID".</summary>
    private static string Header(string field)
    {
        var text = new StringBuilder();
        for (int i = 0; i < field.Length; i++)
        {
            if (i > 0 && char.IsUpper(field[i]) && char.IsLower(field[i - 1]))
                _ = text.Append(' ');
            _ = text.Append(char.ToUpperInvariant(field[i]));
        }
        return text.ToString();
    }

    private static string Unescape(string format) =>
        format.Replace("\\t", "\t", StringComparison.Ordinal).Replace("\\n", "\n", StringComparison.Ordinal);
}
