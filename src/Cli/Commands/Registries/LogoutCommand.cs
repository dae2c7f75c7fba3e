using Tare.Cli.CommandLine;
using Tare.Cli.Registries;

namespace Tare.Cli.Commands.Registries;

/// <summary>tare logout: forgets a registry's credentials.</summary>
internal static class LogoutCommand
{
    public static Command Build(string path) => new(path, "[SERVER]", "Log out from a registry")
    {
        MaxArguments = 1,
        Run = static (session, words) =>
        {
            string server = CredentialStore.Key(words.Count == 1 ? words[0] : "");
            session.Out.WriteLine($"Removing login credentials for {server}");
            new CredentialStore(session.Environment).Erase(server);
            return 0;
        },
    };
}
