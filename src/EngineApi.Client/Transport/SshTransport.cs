using System.Diagnostics;
using Tare.Errors;

namespace Tare.EngineApi.Client.Transport;

/// <summary>A connection through ssh: the remote command line passes bytes between its stdio and its engine ("system dial-stdio").</summary>
internal sealed class SshTransport : ITransport
{
    private const string RemoteCommand = "if command -v tare >/dev/null 2>&1; then exec tare system dial-stdio; else exec docker system dial-stdio; fi";
    private readonly Process _ssh;

    private SshTransport(Process ssh) => _ssh = ssh;

    /// <summary>Starts ssh for ssh://[USER@]HOST[:PORT]; its messages go to standard error.</summary>
    public static SshTransport Connect(Uri address)
    {
        // A host that begins with a dash would be an option.
        if (address.Host.Length == 0 || address.Host.StartsWith('-') || address.UserInfo.StartsWith('-') || address.UserInfo.Contains(':', StringComparison.Ordinal))
            throw TareException.Invalid($"address {address.OriginalString} is not ssh://[USER@]HOST[:PORT]");
        var start = new ProcessStartInfo("ssh") { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (string argument in (string[])["-o", "ConnectTimeout=30", "-T"])
            start.ArgumentList.Add(argument);
        if (address.UserInfo.Length > 0)
            Add(start, "-l", Uri.UnescapeDataString(address.UserInfo));
        if (!address.IsDefaultPort && address.Port > 0)
            Add(start, "-p", address.Port.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Add(start, "--", address.Host);
        start.ArgumentList.Add(RemoteCommand);
        try
        {
            return new SshTransport(Process.Start(start)!);
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new TareException(ErrorKind.Unavailable, "start ssh: is it installed?", error);
        }
    }

    public int Read(Span<byte> buffer) => _ssh.StandardOutput.BaseStream.Read(buffer);

    public void Write(ReadOnlySpan<byte> data)
    {
        _ssh.StandardInput.BaseStream.Write(data);
        _ssh.StandardInput.BaseStream.Flush();
    }

    public void CloseWrite() => _ssh.StandardInput.Close();

    public void Abort()
    {
        if (!_ssh.HasExited)
            _ssh.Kill();
    }

    public void Dispose()
    {
        Abort();
        _ssh.Dispose();
    }

    private static void Add(ProcessStartInfo start, string option, string value)
    {
        start.ArgumentList.Add(option);
        start.ArgumentList.Add(value);
    }
}
