using System.Text.Json;
using Tare.Errors;

namespace Tare.Engine.Containers.Cdi;

/// <summary>
/// The devices that documents in the CDI directories describe, read at each use: vendors' tools rewrite them when drivers change. A later directory wins over
/// an earlier one; two documents of one directory that describe the same device make it unusable, as the specification says.
/// </summary>
internal static class CdiRegistry
{
    /// <summary>"vendor.com/class=name".</summary>
    internal static bool IsName(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && equals > slash + 1 && equals + 1 < text.Length && char.IsAsciiLetter(text[0])
            && text[..slash].All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')
            && text[(slash + 1)..equals].All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')
            && text[(equals + 1)..].All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or ':');
    }

    /// <summary>The changes for devices, those of their documents once and first. InvalidArgument for one that nobody describes.</summary>
    internal static List<CdiContainerEdits> Resolve(IReadOnlyList<string> directories, IReadOnlyList<string> names)
    {
        if (names.Count == 0)
            return [];
        (Dictionary<string, (CdiSpec Spec, CdiDevice Device)> devices, List<string> problems) = Load(directories);
        string[] missing = [.. names.Where(name => !devices.ContainsKey(name))];
        if (missing.Length > 0)
        {
            string why = problems.Count > 0 ? $" ({string.Join("; ", problems)})" : $" (looked in {string.Join(", ", directories)})";
            throw TareException.Invalid($"CDI device injection failed: unresolvable CDI devices {string.Join(", ", missing)}{why}");
        }
        (CdiSpec Spec, CdiDevice Device)[] found = [.. names.Distinct().Select(name => devices[name])];
        return [.. found.Select(item => item.Spec).Distinct().Select(spec => spec.ContainerEdits).Concat(found.Select(item => item.Device.ContainerEdits)).OfType<CdiContainerEdits>()];
    }

    private static (Dictionary<string, (CdiSpec, CdiDevice)> Devices, List<string> Problems) Load(IReadOnlyList<string> directories)
    {
        Dictionary<string, (CdiSpec, CdiDevice)> devices = new(StringComparer.Ordinal);
        List<string> problems = [];
        foreach (string directory in directories.Where(Directory.Exists))
        {
            HashSet<string> here = new(StringComparer.Ordinal);
            foreach (string file in Directory.EnumerateFiles(directory).Where(IsDocument).Order(StringComparer.Ordinal))
            {
                try
                {
                    CdiSpec spec = Read(file);
                    foreach (CdiDevice device in spec.Devices)
                    {
                        string name = $"{spec.Kind}={device.Name}";
                        if (here.Add(name))
                            devices[name] = (spec, device);
                        else if (devices.Remove(name))
                            problems.Add($"{name} is described twice in {directory}");
                    }
                }
                catch (Exception error) when (error is TareException or JsonException or IOException or UnauthorizedAccessException)
                {
                    // One vendor's broken document must not take the others' devices away; who asks for its devices is told.
                    problems.Add($"{file}: {error.Message}");
                }
            }
        }
        return (devices, problems);
    }

    private static bool IsDocument(string file) => Path.GetExtension(file) is ".json" or ".yaml" or ".yml";

    private static CdiSpec Read(string file)
    {
        string text = File.ReadAllText(file);
        CdiSpec? spec = Path.GetExtension(file) == ".json"
            ? JsonSerializer.Deserialize(text, CdiJson.Default.CdiSpec)
            : YamlReader.Read(text) is { } node ? JsonSerializer.Deserialize(node, CdiJson.Default.CdiSpec) : null;
        if (spec is null || spec.CdiVersion.Length == 0)
            throw TareException.Invalid("no CDI document: it has no cdiVersion");
        return spec.Devices.All(device => IsName($"{spec.Kind}={device.Name}")) ? spec
            : throw TareException.Invalid($"\"{spec.Kind}\" and its devices' names do not make \"vendor.com/class=name\"");
    }
}
