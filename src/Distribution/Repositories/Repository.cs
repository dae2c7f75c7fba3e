using Tare.Distribution.Hosts;
using Tare.Distribution.Transport;
using Tare.Errors;
using Tare.Oci;

namespace Tare.Distribution.Repositories;

/// <summary>
/// One repository of a registry, for one user and one operation; the verbs beside this class read and write it. Mirrors are asked first where a verb
/// only reads. Thread-safe.
/// </summary>
public sealed class Repository
{
    private readonly IReadOnlyList<RegistryHost> _hosts;

    internal Repository(RegistrySession session, Reference reference, IReadOnlyList<RegistryHost> hosts) => (Session, Reference, _hosts) = (session, reference, hosts);

    /// <summary>The name it was opened by.</summary>
    public Reference Reference { get; }

    internal RegistrySession Session { get; }

    /// <summary>The server that is written to.</summary>
    internal RegistryHost Target => _hosts.LastOrDefault(h => h.CanPush)
        ?? throw new TareException(ErrorKind.Forbidden, $"no server of {Reference.Domain} may be pushed to");

    internal string PullScope => $"repository:{Reference.Path}:pull";

    internal string PushScope => $"repository:{Reference.Path}:pull,push";

    /// <summary>The path of a thing of this repository: "/v2/x/blobs/…", with the registry's name for a mirror.</summary>
    internal string PathOf(RegistryHost host, string rest) =>
        $"{host.ApiPath}/{Reference.Path}/{rest}" + (host.MirrorOf is null ? "" : $"{(rest.Contains('?', StringComparison.Ordinal) ? '&' : '?')}ns={Uri.EscapeDataString(host.MirrorOf)}");

    /// <summary>Asks the servers that may answer, one after the other; the last one's failure is the failure.</summary>
    internal async Task<T> AskAsync<T>(bool byTag, Func<RegistryHost, Task<T>> ask)
    {
        List<RegistryHost> able = [.. _hosts.Where(h => h.CanPull && (!byTag || h.CanResolve))];
        if (able.Count == 0)
            throw new TareException(ErrorKind.Forbidden, $"no server of {Reference.Domain} may be asked");
        for (int i = 0; ; i++)
        {
            try
            {
                return await ask(able[i]);
            }
            catch (TareException) when (i < able.Count - 1)
            {
                // A mirror need not have everything, nor be up.
            }
        }
    }
}
