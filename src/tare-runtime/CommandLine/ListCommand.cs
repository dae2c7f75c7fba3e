using System.Globalization;
using Tare.Errors;
using Tare.Runtime.Lifecycle;

namespace Tare.Runtime.CommandLine;

/// <summary>`list`: the containers below --root.</summary>
internal static class ListCommand
{
    public static int Run(GlobalOptions options)
    {
        CommandArguments arguments = new(options.Rest, ["--format|-f"], ["--quiet|-q"]);
        string format = arguments.Value("--format") ?? "table";
        if (format is not ("table" or "json"))
            throw TareException.Invalid($"invalid format option: {format}");
        if (options.IsRootGiven && !Directory.Exists(options.Root))
            throw TareException.NotFound($"open {options.Root}: no such file or directory");
        List<ContainerReport> reports = [];
        string[] directories = Directory.Exists(options.Root) ? Directory.GetDirectories(options.Root) : [];
        foreach (string directory in directories.Order(StringComparer.Ordinal))
            if (TryReport(options.Root, Path.GetFileName(directory)) is { } report)
                reports.Add(report);
        if (arguments.Has("--quiet"))
            Report.Print(string.Concat(reports.Select(r => r.Id + "\n")));
        else if (format == "json")
            Report.Print([.. StateDocument.Write(reports), (byte)'\n']);
        else
            Report.Print(Table(reports));
        return 0;
    }

    /// <summary>null for a container that another call is just making or removing.</summary>
    private static ContainerReport? TryReport(string root, string id)
    {
        try
        {
            using ContainerProcess container = ContainerProcess.Open(root, id);
            return container.Report();
        }
        catch (TareException e) when (e.Kind is ErrorKind.NotFound or ErrorKind.InvalidArgument)
        {
            return null;
        }
    }

    private static string Table(List<ContainerReport> reports)
    {
        List<string[]> rows = [["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]];
        foreach (ContainerReport r in reports)
            rows.Add([r.Id, r.Pid.ToString(CultureInfo.InvariantCulture), r.Status, r.Bundle, r.Created.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture), r.Owner]);
        int[] widths = [.. Enumerable.Range(0, 5).Select(column => Math.Max(12, rows.Max(row => row[column].Length) + 3))];
        return string.Concat(rows.Select(row => string.Concat(row.Select((cell, column) => column < 5 ? cell.PadRight(widths[column]) : cell)) + "\n"));
    }
}
