using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tare.Errors;

namespace Tare.Cli.Registries;

/// <summary>A program docker-credential-NAME that keeps credentials outside of config.json; spoken to over its standard streams. Stateless.</summary>
internal sealed class CredentialProgram
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly string _program;

    public CredentialProgram(string name)
    {
        if (name.Length == 0 || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')))
            throw TareException.Invalid($"\"{name}\" is no name of a credential helper");
        _program = "docker-credential-" + name;
    }

    /// <summary>Name and secret for a registry, or null when the helper has none.</summary>
    public (string User, string Secret)? Get(string server)
    {
        (int code, string output) = Run("get", server);
        if (code != 0)
            return output.Contains("not found", StringComparison.OrdinalIgnoreCase) ? null : throw TareException.Internal($"{_program} get: {output.Trim()}");
        try
        {
            JsonNode? answer = JsonNode.Parse(output);
            return (answer?["Username"]?.GetValue<string>() ?? "", answer?["Secret"]?.GetValue<string>() ?? "");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw TareException.Internal($"{_program} get: the answer can not be read", error);
        }
    }

    /// <summary>Keeps credentials.</summary>
    public void Store(string server, string user, string secret)
    {
        var entry = new JsonObject { ["ServerURL"] = server, ["Username"] = user, ["Secret"] = secret };
        Check("store", Run("store", entry.ToJsonString()));
    }

    /// <summary>Forgets credentials.</summary>
    public void Erase(string server) => Check("erase", Run("erase", server));

    private void Check(string verb, (int Code, string Output) result)
    {
        if (result.Code != 0)
            throw TareException.Internal($"{_program} {verb}: {result.Output.Trim()}");
    }

    private (int Code, string Output) Run(string verb, string input)
    {
        var start = new ProcessStartInfo(_program) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        start.ArgumentList.Add(verb);
        try
        {
            using Process process = Process.Start(start)!;
            process.StandardInput.Write(input);
            process.StandardInput.Close();
            string output = process.StandardOutput.ReadToEnd();
            if (!process.WaitForExit(Patience))
                throw new TareException(ErrorKind.Unavailable, $"{_program} {verb} does not end");
            return (process.ExitCode, output);
        }
        catch (Win32Exception error)
        {
            throw TareException.Invalid($"the credential helper {_program} can not be run: install it, or take it out of config.json", error);
        }
    }
}
