using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.Cli.Registries;
using Tare.EngineApi.Client;
using Tare.Errors;

namespace Tare.Cli.Commands.Images;

/// <summary>What tare pull and tare push have in common: the options, what a name without a tag means, the credentials and the progress.</summary>
internal sealed class RegistryTransfer(Command command, string allText, string platformText)
{
    private readonly SwitchFlag _all = command.Flags.Switch("all-tags", allText, 'a');
    private readonly TextFlag _platform = command.Flags.Text("platform", platformText);
    private readonly SwitchFlag _quiet = command.Flags.Switch("quiet", "Suppress verbose output", 'q');

    /// <summary>True when all tags of the repository are meant.</summary>
    public bool All => _all.Value;

    /// <summary>True when nothing but the result is to be said.</summary>
    public bool Quiet => _quiet.Value;

    /// <summary>Calls the engine with repository, tag, platform and credentials, and shows its progress to the end.</summary>
    public void Run(Session session, string name, Func<string, string?, string?, string, EngineResponse> call)
    {
        (string repository, string tag) = ImageName.Split(name);
        if (All && ImageName.WithTag(name) == name)
            throw TareException.Invalid("tag can't be used with --all-tags/-a");
        if (!All && !Quiet && ImageName.WithTag(name) != name)
            session.Out.WriteLine("Using default tag: latest");
        session.Out.Flush();
        using EngineResponse response = call(repository, All ? null : tag, _platform.Given, new CredentialStore(session.Environment).HeaderFor(name));
        ProgressDisplay.Show(response.Body, Quiet ? null : session.Out);
    }
}
