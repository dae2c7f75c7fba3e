using System.Text.Json;
using System.Text.Json.Serialization;
using Tare.Errors;

namespace Tare.Seccomp;

/// <summary>
/// Reads the JSON of "--security-opt seccomp=FILE" and of the OCI runtime specification, and resolves its conditions on architecture, capabilities and
/// kernel to a plain <see cref="SeccompProfile"/>.
/// </summary>
public static class ProfileFile
{
    /// <summary>
    /// Parses and resolves a profile. <paramref name="capabilities"/> are the container's ("CAP_SYS_ADMIN"); <paramref name="kernel"/> is the running
    /// kernel's version.
    /// </summary>
    public static SeccompProfile Parse(ReadOnlySpan<byte> json, IReadOnlySet<string> capabilities, SeccompArchitecture native, Version kernel)
    {
        ProfileDocument? document;
        try
        {
            document = JsonSerializer.Deserialize(json, ProfileJson.Default.ProfileDocument);
        }
        catch (JsonException error)
        {
            throw TareException.Invalid("decode seccomp profile: it is not valid JSON of the profile format", error);
        }
        if (document?.DefaultAction is not { Length: > 0 } action)
            throw TareException.Invalid("seccomp profile: \"defaultAction\" is missing");
        List<SeccompRule> rules = [];
        foreach (SyscallEntry entry in document.Syscalls ?? [])
        {
            if (Applies(entry, capabilities, native, kernel))
                rules.AddRange(Rules(entry));
        }
        return new SeccompProfile
        {
            DefaultAction = SeccompNames.ParseAction(action),
            DefaultErrno = document.DefaultErrnoRet,
            Architectures = Architectures(document, native),
            // Without the key, runtimes load filters that leave speculation alone, as kernels since 5.16 do anyway.
            Flags = (document.Flags ?? ["SECCOMP_FILTER_FLAG_SPEC_ALLOW"]).Aggregate(SeccompFilterFlags.None, (all, flag) => all | SeccompNames.ParseFlag(flag)),
            Rules = rules,
            ListenerPath = document.ListenerPath,
            ListenerMetadata = document.ListenerMetadata,
        };
    }

    private static List<SeccompArchitecture> Architectures(ProfileDocument document, SeccompArchitecture native)
    {
        if (document.Architectures is { Count: > 0 } && document.ArchMap is { Count: > 0 })
            throw TareException.Invalid("use either 'architectures' or 'archMap' in a seccomp profile");
        IEnumerable<string> names = document.Architectures ?? [];
        if (document.ArchMap?.Find(entry => SeccompNames.ParseArchitecture(entry.Architecture) == native) is { } map)
            names = [map.Architecture, .. map.SubArchitectures ?? []];
        return [.. names.Select(SeccompNames.ParseArchitecture).OfType<SeccompArchitecture>()];
    }

    private static bool Applies(SyscallEntry entry, IReadOnlySet<string> capabilities, SeccompArchitecture native, Version kernel)
    {
        string architecture = SeccompNames.DockerName(native);
        if (entry.Excludes is { } excludes
            && ((excludes.Arches?.Contains(architecture) ?? false)
                || (excludes.Caps?.Exists(capabilities.Contains) ?? false)
                || (excludes.MinKernel is { } below && kernel >= KernelVersion(below))))
        {
            return false;
        }
        return entry.Includes is not { } includes
            || ((includes.Arches is not { Count: > 0 } || includes.Arches.Contains(architecture))
                && (includes.Caps?.TrueForAll(capabilities.Contains) ?? true)
                && (includes.MinKernel is not { } least || kernel >= KernelVersion(least)));
    }

    private static IEnumerable<SeccompRule> Rules(SyscallEntry entry)
    {
        if (entry.Name is { Length: > 0 } && entry.Names is { Count: > 0 })
            throw TareException.Invalid("use either 'name' or 'names' in a seccomp rule");
        IReadOnlyList<string> names = entry.Name is { Length: > 0 } ? [entry.Name] : entry.Names ?? [];
        if (names.Count == 0)
            throw TareException.Invalid("seccomp rule without 'names'");
        List<SeccompArgument> arguments = [];
        foreach (ArgumentEntry argument in entry.Args ?? [])
        {
            if (argument.Index > 5)
                throw TareException.Invalid($"seccomp rule for {names[0]}: argument index {argument.Index}, calls have 0 to 5");
            arguments.Add(new SeccompArgument((int)argument.Index, SeccompNames.ParseOperator(argument.Op), argument.Value, argument.ValueTwo));
        }
        return SeccompRule.FromOci(names, SeccompNames.ParseAction(entry.Action), entry.ErrnoRet, arguments);
    }

    private static Version KernelVersion(string text) =>
        Version.TryParse(text, out Version? version) ? version : throw TareException.Invalid($"seccomp rule: kernel version \"{text}\" is not of the form 4.8");
}

/// <summary>The file as a whole.</summary>
internal sealed record ProfileDocument
{
    public string? DefaultAction { get; init; }
    public int? DefaultErrnoRet { get; init; }
    public List<string>? Architectures { get; init; }
    public List<ArchitectureEntry>? ArchMap { get; init; }
    public List<string>? Flags { get; init; }
    public string? ListenerPath { get; init; }
    public string? ListenerMetadata { get; init; }
    public List<SyscallEntry>? Syscalls { get; init; }
}

/// <summary>An architecture and those that the same machine can also execute.</summary>
internal sealed record ArchitectureEntry
{
    public string Architecture { get; init; } = "";
    public List<string>? SubArchitectures { get; init; }
}

/// <summary>A group of calls with one action.</summary>
internal sealed record SyscallEntry
{
    public string? Name { get; init; }
    public List<string>? Names { get; init; }
    public string Action { get; init; } = "";
    public int? ErrnoRet { get; init; }
    public List<ArgumentEntry>? Args { get; init; }
    public ConditionEntry? Includes { get; init; }
    public ConditionEntry? Excludes { get; init; }
}

/// <summary>A condition on one argument.</summary>
internal sealed record ArgumentEntry
{
    public uint Index { get; init; }
    public ulong Value { get; init; }
    public ulong ValueTwo { get; init; }
    public string Op { get; init; } = "";
}

/// <summary>When a group applies, or does not.</summary>
internal sealed record ConditionEntry
{
    public List<string>? Caps { get; init; }
    public List<string>? Arches { get; init; }
    public string? MinKernel { get; init; }
}

/// <summary>Generated JSON readers.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ProfileDocument))]
internal sealed partial class ProfileJson : JsonSerializerContext;
