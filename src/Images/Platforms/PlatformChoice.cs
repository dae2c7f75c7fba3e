using System.Runtime.InteropServices;
using Tare.Errors;
using Tare.Oci.Image;

namespace Tare.Images.Platforms;

/// <summary>
/// Which platform's image is wanted, and which entry of an index suits it best: the exact variant, then older ones that the machine also runs.
/// Attestations, whose platform is unknown, never suit. Immutable.
/// </summary>
public sealed record PlatformChoice(string Os, string Architecture, string? Variant)
{
    /// <summary>This machine's.</summary>
    public static PlatformChoice Host { get; } = new("linux", HostArchitecture, null);

    /// <summary>"linux/arm64/v8", "linux/amd64", "arm64"; an empty text is this machine's.</summary>
    public static PlatformChoice Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return Host;
        string[] parts = text.ToLowerInvariant().Split('/');
        if (parts.Length > 3 || parts.Any(p => p.Length is 0 or > 32 || !char.IsAsciiLetterOrDigit(p[0]) || !p.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.')))
            throw TareException.Invalid($"\"{text}\" is an invalid platform: os/architecture or os/architecture/variant is expected");
        return parts switch
        {
            [var one] when one is "linux" => Host,
            [var one] => Normal("linux", one, null),
            [var os, var architecture] => Normal(os, architecture, null),
            _ => Normal(parts[0], parts[1], parts[2]),
        };
    }

    /// <summary>How well a platform suits: 0 not at all, else the more the better.</summary>
    public int Rank(string os, string architecture, string? variant)
    {
        PlatformChoice other = Normal(os.ToLowerInvariant(), architecture.ToLowerInvariant(), string.IsNullOrEmpty(variant) ? null : variant.ToLowerInvariant());
        if (other.Os != Os || other.Architecture != Architecture)
            return 0;
        if (other.Variant == Variant)
            return 100;
        int wanted = Level(Variant ?? DefaultVariant(Architecture));
        int offered = Level(other.Variant ?? DefaultVariant(Architecture));
        return wanted == offered ? 90 : offered < wanted ? 50 + offered : 0;
    }

    /// <summary>The entry of an index that suits best, or null.</summary>
    public Descriptor? Choose(IEnumerable<Descriptor> manifests) => manifests
        .Where(m => !IsAttestation(m))
        .Select(m => (Manifest: m, Rank: m.Platform is null ? 1 : Rank(m.Platform.Os, m.Platform.Architecture, m.Platform.Variant)))
        .Where(m => m.Rank > 0)
        .OrderByDescending(m => m.Rank)
        .Select(m => m.Manifest).FirstOrDefault();

    /// <summary>True for an entry that describes another entry instead of being an image.</summary>
    public static bool IsAttestation(Descriptor descriptor) => descriptor.Annotations?.ContainsKey("vnd.docker.reference.type") == true;

    /// <inheritdoc/>
    public override string ToString() => $"{Os}/{Architecture}" + (Variant is null ? "" : "/" + Variant);

    private static string HostArchitecture => RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.X86 => "386",
        System.Runtime.InteropServices.Architecture.LoongArch64 => "loong64",
        var other => other.ToString().ToLowerInvariant(),
    };

    private static PlatformChoice Normal(string os, string architecture, string? variant) => (architecture, variant) switch
    {
        ("x86_64" or "x86-64", _) => new(os, "amd64", variant == "v1" ? null : variant),
        ("amd64", "v1") => new(os, "amd64", null),
        ("aarch64" or "arm64", "v8" or "8") => new(os, "arm64", null),
        ("aarch64", _) => new(os, "arm64", variant),
        ("armhf", null) => new(os, "arm", null),
        ("armel", null) => new(os, "arm", "v6"),
        ("arm", "v7") => new(os, "arm", null),
        ("i386" or "i686", _) => new(os, "386", null),
        _ => new(os, architecture, variant),
    };

    private static string DefaultVariant(string architecture) => architecture switch { "arm" => "v7", "arm64" => "v8", "amd64" => "v1", _ => "v0" };

    private static int Level(string variant) => variant.Length > 1 && int.TryParse(variant.AsSpan(1), out int level) ? level : 0;
}
