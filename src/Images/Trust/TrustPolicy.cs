using Tare.Oci;

namespace Tare.Images.Trust;

/// <summary>Which requirements hold for which names: the most exact scope wins, as containers-policy.json(5) has it. Immutable.</summary>
public sealed class TrustPolicy
{
    private const string Registries = "docker";
    private const string Local = "docker-daemon";

    private readonly IReadOnlyList<TrustRequirement> _otherwise;
    private readonly IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyList<TrustRequirement>>> _transports;

    internal TrustPolicy(
        IReadOnlyList<TrustRequirement> otherwise, IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyList<TrustRequirement>>> transports) =>
        (_otherwise, _transports) = (otherwise, transports);

    /// <summary>Everything is accepted: what holds without a policy.</summary>
    public static TrustPolicy Open { get; } =
        new([new TrustRequirement.AcceptAnything()], new Dictionary<string, IReadOnlyDictionary<string, IReadOnlyList<TrustRequirement>>>());

    /// <summary>True when nothing need be checked for any image.</summary>
    public bool IsOpen => ReferenceEquals(this, Open);

    /// <summary>What is asked of an image from a registry.</summary>
    public IReadOnlyList<TrustRequirement> Of(Reference name) => Find(Registries, Scopes(name));

    /// <summary>What is asked of an image that came from no registry: loaded, imported, committed.</summary>
    public IReadOnlyList<TrustRequirement> OfLocal() => Find(Local, [""]);

    private IReadOnlyList<TrustRequirement> Find(string transport, IEnumerable<string> scopes)
    {
        if (_transports.TryGetValue(transport, out IReadOnlyDictionary<string, IReadOnlyList<TrustRequirement>>? known))
        {
            foreach (string scope in scopes)
            {
                if (known.TryGetValue(scope, out IReadOnlyList<TrustRequirement>? requirements))
                    return requirements;
            }
        }
        return _otherwise;
    }

    private static IEnumerable<string> Scopes(Reference name)
    {
        yield return name.ToString();
        for (string scope = name.Repository; ; scope = scope[..scope.LastIndexOf('/')])
        {
            yield return scope;
            if (!scope.Contains('/', StringComparison.Ordinal))
                break;
        }
        string host = name.Domain.Split(':')[0];
        for (int dot = host.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = host.IndexOf('.', dot + 1))
            yield return "*" + host[dot..];
        yield return "";
    }
}
