namespace Tare.EngineApi.Client;

/// <summary>What a client speaks TLS with, as paths of PEM files; a null path leaves that part out.</summary>
/// <param name="Authority">Whose engines are trusted; null for the machine's own authorities.</param>
/// <param name="Certificate">The client's.</param>
/// <param name="Key">Of the client's certificate.</param>
/// <param name="Verify">False to talk to whoever answers.</param>
public sealed record TlsFiles(string? Authority, string? Certificate, string? Key, bool Verify = true)
{
    /// <summary>ca.pem, cert.pem and key.pem of a directory, those that exist.</summary>
    public static TlsFiles In(string directory, bool verify = true)
    {
        string? Existing(string name) => Path.Combine(directory, name) is var path && File.Exists(path) ? path : null;
        return new TlsFiles(Existing("ca.pem"), Existing("cert.pem"), Existing("key.pem"), verify);
    }
}
