namespace Tare.Engine.Containers.Spec;

/// <summary>The environment of processes in containers.</summary>
internal static class ContainerEnvironment
{
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>Defaults, those of links, then the configuration's own, each name once; a bare name removes.</summary>
    internal static List<string> Build(IEnumerable<string>? configured, string hostname, bool terminal, string home, IEnumerable<string>? links = null)
    {
        List<string> defaults = ["PATH=" + DefaultPath, "HOSTNAME=" + hostname];
        if (terminal)
            defaults.Add("TERM=xterm");
        List<string> merged = Merge(Merge(defaults, links), configured);
        // A line break in a home directory could forge lines in files that are written from it.
        if (!merged.Any(e => e.StartsWith("HOME=", StringComparison.Ordinal)) && !home.Any(char.IsControl))
            merged.Add("HOME=" + home);
        return merged;
    }

    /// <summary>The wanted entries as they are, then the image's of other names.</summary>
    internal static List<string> Complete(IEnumerable<string>? wanted, IEnumerable<string>? image)
    {
        List<string> all = [.. wanted ?? []];
        HashSet<string> names = [.. all.Select(entry => entry.Split('=', 2)[0])];
        all.AddRange((image ?? []).Where(entry => !names.Contains(entry.Split('=', 2)[0])));
        return all;
    }

    /// <summary>Later entries replace earlier ones of the same name, in place.</summary>
    internal static List<string> Merge(IEnumerable<string>? first, IEnumerable<string>? second)
    {
        List<string> merged = [.. first ?? []];
        foreach (string entry in second ?? [])
        {
            int equals = entry.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? entry : entry[..equals];
            int at = merged.FindIndex(e => e.Length > name.Length && e[name.Length] == '=' && e.StartsWith(name, StringComparison.Ordinal));
            if (equals < 0)
            {
                if (at >= 0)
                    merged.RemoveAt(at);
            }
            else if (at >= 0)
            {
                merged[at] = entry;
            }
            else
            {
                merged.Add(entry);
            }
        }
        return merged;
    }
}
