using System.Net;

namespace Tare.Networking.Names;

/// <summary>The names that one container can see. Called from any thread, for each query: must be quick and not block.</summary>
public interface INameTable
{
    /// <summary>Addresses of a name (lower case, no trailing dot); null when it is not ours and the query goes to the host's resolvers.</summary>
    IReadOnlyList<IPAddress>? Resolve(string name);

    /// <summary>The name of an address, or null when it is not ours.</summary>
    string? NameOf(IPAddress address);
}
