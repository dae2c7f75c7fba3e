using Tare.Errors;

namespace Tare.Engine.Containers.Mounts;

/// <summary>Paths of mounts, made plain by their text alone: no "..", no double slashes.</summary>
internal static class MountPath
{
    /// <summary>A destination in the container; it must be absolute and not the root.</summary>
    internal static string Clean(string path, string specification)
    {
        if (!path.StartsWith('/'))
            throw TareException.Invalid($"invalid volume specification: '{specification}': invalid mount config for type \"volume\": invalid mount path: '{path}' mount path must be absolute");
        string clean = Normalise(path);
        return clean != "/" ? clean : throw TareException.Invalid($"invalid volume specification: '{specification}': invalid mount config for type \"bind\": invalid specification: destination can't be '/'");
    }

    /// <summary>As the kernel would read it if there were no links.</summary>
    internal static string Normalise(string path)
    {
        List<string> names = [];
        foreach (string name in path.Split('/'))
        {
            if (name == "..")
            {
                if (names.Count > 0)
                    names.RemoveAt(names.Count - 1);
            }
            else if (name is not ("" or "."))
            {
                names.Add(name);
            }
        }
        return "/" + string.Join('/', names);
    }
}
