using System.Text;
using Tare.Cli.CommandLine;
using Tare.Cli.Registries;
using Tare.EngineApi.Registries;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Cli.Commands.Registries;

/// <summary>tare login: checks a name and password with a registry and keeps them.</summary>
internal static class LoginCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] [SERVER]", "Authenticate to a registry") { MaxArguments = 1 };
        TextFlag user = command.Flags.Text("username", "Username", 'u');
        TextFlag password = command.Flags.Text("password", "Password or Personal Access Token (PAT)", 'p');
        SwitchFlag fromInput = command.Flags.Switch("password-stdin", "Take the Password or Personal Access Token (PAT) from stdin");
        command.Run = (session, words) =>
        {
            if (password.IsSet && fromInput.Value)
                throw TareException.Invalid("--password and --password-stdin are mutually exclusive");
            if (fromInput.Value && !user.IsSet)
                throw TareException.Invalid("Must provide --username with --password-stdin");
            if (password.IsSet)
                session.Error.WriteLine("WARNING! Using --password via the CLI is insecure. Use --password-stdin.");
            var store = new CredentialStore(session.Environment);
            string server = CredentialStore.Key(words.Count == 1 ? words[0] : "");
            AuthConfig auth = Ask(session, store, server, user.Given, fromInput.Value ? ReadAll(session) : password.Given);
            AuthResponse answer = session.Client.Registries.Login(auth);
            string? warning = store.Store(server, auth.Username ?? "", auth.Password ?? "", answer.IdentityToken);
            if (warning is not null)
                session.Error.WriteLine("\n" + warning + "\n");
            session.Out.WriteLine(answer.Status);
            return 0;
        };
        return command;
    }

    private static AuthConfig Ask(Session session, CredentialStore store, string server, string? user, string? password)
    {
        AuthConfig known = user is null && password is null ? store.Get(server) : new AuthConfig();
        if (known.Username is { Length: > 0 } && known.Password is { Length: > 0 } || known.IdentityToken is { Length: > 0 })
        {
            session.Error.WriteLine("Authenticating with existing credentials...");
            known.ServerAddress = server;
            return known;
        }
        user ??= Prompt(session, "Username: ", hidden: false);
        password ??= Prompt(session, "Password: ", hidden: true);
        if (user.Length == 0 || password.Length == 0)
            throw TareException.Invalid("username and password are needed");
        return new AuthConfig { Username = user, Password = password, ServerAddress = server };
    }

    private static string Prompt(Session session, string text, bool hidden)
    {
        if (!session.InputIsTerminal)
            throw new ExitException(1, "Error: Cannot perform an interactive login from a non TTY device");
        session.Error.Write(text);
        session.Error.Flush();
        byte[]? saved = hidden ? Linux.Terminal.HideInput(session.Input) : null;
        try
        {
            return ReadLine(session);
        }
        finally
        {
            if (saved is not null)
            {
                Linux.Terminal.Restore(session.Input, saved);
                session.Error.WriteLine();
            }
        }
    }

    private static string ReadLine(Session session)
    {
        var line = new List<byte>();
        Span<byte> one = stackalloc byte[1];
        while (Unistd.TryRead(session.Input, one, out int read) == Errno.None && read == 1 && one[0] != '\n')
            line.Add(one[0]);
        return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
    }

    private static string ReadAll(Session session)
    {
        var all = new List<byte>();
        byte[] buffer = new byte[4096];
        while (Unistd.TryRead(session.Input, buffer, out int read) == Errno.None && read > 0)
            all.AddRange(buffer.AsSpan(0, read));
        return Encoding.UTF8.GetString([.. all]).TrimEnd('\n', '\r');
    }
}
