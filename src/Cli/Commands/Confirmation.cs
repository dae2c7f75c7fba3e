using System.Text;
using Tare.Cli.CommandLine;
using Tare.EngineApi.Filters;
using Tare.Linux;

namespace Tare.Cli.Commands;

/// <summary>The question before things are pruned, and the reader of --filter.</summary>
internal static class Confirmation
{
    /// <summary>True for "y"; without a terminal or an answer it is no.</summary>
    public static bool Ask(Session session, string warning)
    {
        session.Out.Write($"WARNING! {warning}\nAre you sure you want to continue? [y/N] ");
        session.Out.Flush();
        byte[] answer = new byte[64];
        return Unistd.TryRead(session.Input, answer, out int n) == Errno.None
            && Encoding.UTF8.GetString(answer, 0, n).Trim().Equals("y", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>key=value of each --filter.</summary>
    public static FilterSet Filters(IEnumerable<string> values)
    {
        var filters = new FilterSet();
        foreach (string value in values)
        {
            int equals = value.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
                throw new UsageException($"invalid argument \"{value}\" for \"-f, --filter\" flag: bad format of filter (expected name=value)");
            filters.Add(value[..equals].Trim().ToLowerInvariant(), value[(equals + 1)..].Trim());
        }
        return filters;
    }
}
