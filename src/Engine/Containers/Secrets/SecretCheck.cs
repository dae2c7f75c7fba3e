using Tare.Engine.Containers.Mounts;
using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Engine.Containers.Secrets;

/// <summary>Refuses secrets that cannot be and fills in their places.</summary>
internal static class SecretCheck
{
    internal const string Directory = "/run/secrets";

    /// <summary>As large as a swarm's may be.</summary>
    private const int MaxSize = 500 * 1024;
    private const int MaxCount = 256;

    /// <summary>The wishes without their content, which is returned beside.</summary>
    internal static (List<SecretSpec>? Specs, IReadOnlyList<byte[]> Contents) Take(List<SecretSpec>? wanted)
    {
        if (wanted is not { Count: > 0 })
            return (null, []);
        if (wanted.Count > MaxCount)
            throw TareException.Invalid($"a container can have {MaxCount} secrets, not {wanted.Count}");
        HashSet<string> places = new(StringComparer.Ordinal);
        List<SecretSpec> specs = [];
        foreach (SecretSpec secret in wanted)
        {
            SecretSpec spec = Check(secret);
            if (!places.Add(PathOf(spec)))
                throw TareException.Invalid($"two secrets have the same place {PathOf(spec)}");
            specs.Add(spec);
        }
        return (specs, [.. wanted.Select(secret => secret.Data ?? [])]);
    }

    /// <summary>Absolute path in the container.</summary>
    internal static string PathOf(SecretSpec secret) => secret.Target.StartsWith('/') ? secret.Target : $"{Directory}/{secret.Target}";

    private static SecretSpec Check(SecretSpec secret)
    {
        bool named = secret.Name is { Length: > 0 and <= 64 } name && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-') && name is not ("." or "..");
        if (!named)
            throw TareException.Invalid($"invalid secret name \"{secret.Name}\": only 64 or fewer [a-zA-Z0-9_.-] are allowed");
        if (secret.Data is null)
            throw TareException.Invalid($"secret {secret.Name} has no content");
        if (secret.Data.Length > MaxSize)
            throw TareException.Invalid($"secret {secret.Name} has {secret.Data.Length} bytes, more than the {MaxSize} it may have");
        if (secret.Mode is > 0x1ff)
            throw TareException.Invalid($"secret {secret.Name}: mode {Convert.ToString((long)secret.Mode, 8)} has more than permission bits");
        return new SecretSpec { Name = secret.Name, Target = Target(secret), Mode = secret.Mode, Uid = secret.Uid, Gid = secret.Gid };
    }

    private static string Target(SecretSpec secret)
    {
        if (string.IsNullOrEmpty(secret.Target))
            return secret.Name;
        if (secret.Target.StartsWith('/'))
            return MountPath.Clean(secret.Target, secret.Target);
        return secret.Target is not ("." or "..") && !secret.Target.Contains('/', StringComparison.Ordinal) && !secret.Target.Contains('\0', StringComparison.Ordinal)
            ? secret.Target : throw TareException.Invalid($"secret {secret.Name}: target \"{secret.Target}\" is neither a file name nor an absolute path");
    }
}
