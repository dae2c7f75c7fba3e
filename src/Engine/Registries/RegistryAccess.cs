using System.Text;
using Tare.Distribution.Auth;
using Tare.EngineApi.Registries;

namespace Tare.Engine.Registries;

/// <summary>Turns what clients send for a registry into credentials. Pure.</summary>
internal static class RegistryAccess
{
    private const string DockerHub = "docker.io";

    /// <summary>The credentials in a header or body.</summary>
    public static RegistryCredentials Credentials(AuthConfig auth)
    {
        (string user, string password) = (auth.Username ?? "", auth.Password ?? "");
        if (user.Length == 0 && auth.Auth is { Length: > 0 } both)
            (user, password) = Split(both);
        // Credential helpers give an identity token under this name.
        if (user == "<token>")
            return new RegistryCredentials { IdentityToken = password };
        return new RegistryCredentials { User = user, Password = password, IdentityToken = auth.IdentityToken ?? "", RegistryToken = auth.RegistryToken ?? "" };
    }

    /// <summary>The registry's name in image names: "docker.io" for "https://index.docker.io/v1/", else host and port.</summary>
    public static string Domain(string? serverAddress)
    {
        string text = serverAddress ?? "";
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        text = scheme < 0 ? text : text[(scheme + 3)..];
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        text = slash < 0 ? text : text[..slash];
        return text is "" or "index.docker.io" or "registry-1.docker.io" ? DockerHub : text;
    }

    private static (string, string) Split(string base64)
    {
        try
        {
            string text = Encoding.UTF8.GetString(Convert.FromBase64String(base64));
            int colon = text.IndexOf(':', StringComparison.Ordinal);
            return colon < 0 ? ("", "") : (text[..colon], text[(colon + 1)..].TrimEnd('\0'));
        }
        catch (FormatException)
        {
            return ("", "");
        }
    }
}
