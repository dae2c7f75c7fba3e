using System.Text.Json;
using System.Text.Json.Nodes;
using Tare.Cli.CommandLine;
using Tare.Cli.Formatting;
using Tare.Cli.Registries;

namespace Tare.Cli.Commands.Manifests;

/// <summary>tare manifest create, annotate, push and rm: put a list of manifests together on this machine and send it.</summary>
internal static class ManifestCommands
{
    private const string IndexType = "application/vnd.oci.image.index.v1+json";

    public static Command Create(string path)
    {
        var command = new Command(path, "MANIFEST_LIST MANIFEST [MANIFEST...]", "Create a local manifest list for annotating and pushing to a registry") { MinArguments = 2 };
        SwitchFlag amend = command.Flags.Switch("amend", "Amend an existing manifest list", 'a');
        _ = command.Flags.Switch("insecure", "Allow communication with an insecure registry (decided by the engine's configuration)");
        command.Run = (session, words) =>
        {
            string name = ImageName.WithTag(words[0]);
            ManifestDraft draft = ManifestDraft.Create(session.Environment, name, amend.Value);
            foreach (string source in words[1..])
                draft.Add(ImageName.WithTag(source), session.Client.Registries.Inspect(ImageName.WithTag(source), new CredentialStore(session.Environment).HeaderFor(source)));
            draft.Save();
            session.Out.WriteLine($"Created manifest list {name}");
            return 0;
        };
        return command;
    }

    public static Command Annotate(string path)
    {
        var command = new Command(path, "[OPTIONS] MANIFEST_LIST MANIFEST", "Add additional information to a local image manifest") { MinArguments = 2, MaxArguments = 2 };
        TextFlag architecture = command.Flags.Text("arch", "Set architecture");
        TextFlag os = command.Flags.Text("os", "Set operating system");
        TextFlag version = command.Flags.Text("os-version", "Set operating system version");
        ListFlag features = command.Flags.List("os-features", "Set operating system feature");
        TextFlag variant = command.Flags.Text("variant", "Set architecture variant");
        command.Run = (session, words) =>
        {
            ManifestDraft draft = ManifestDraft.Open(session.Environment, ImageName.WithTag(words[0]));
            draft.Annotate(ImageName.WithTag(words[1]),
            [
                ("architecture", architecture.Given), ("os", os.Given), ("os.version", version.Given), ("variant", variant.Given),
                ("os.features", features.OrNull is { } list ? new JsonArray([.. list.Select(f => (JsonNode)f)]) : null),
            ]);
            draft.Save();
            return 0;
        };
        return command;
    }

    public static Command Push(string path)
    {
        var command = new Command(path, "[OPTIONS] MANIFEST_LIST", "Push a manifest list to a repository") { MinArguments = 1, MaxArguments = 1 };
        SwitchFlag purge = command.Flags.Switch("purge", "Remove the local manifest list after push", 'p');
        _ = command.Flags.Switch("insecure", "Allow push to an insecure registry (decided by the engine's configuration)");
        command.Run = (session, words) =>
        {
            string name = ImageName.WithTag(words[0]);
            ManifestDraft draft = ManifestDraft.Open(session.Environment, name);
            session.Out.WriteLine(session.Client.Registries.PutManifest(
                name, IndexType, draft.Index(), draft.Sources, new CredentialStore(session.Environment).HeaderFor(name)));
            if (purge.Value)
                draft.Delete();
            return 0;
        };
        return command;
    }

    public static Command Remove(string path) => new(path, "MANIFEST_LIST [MANIFEST_LIST...]", "Delete one or more manifest lists from local storage")
    {
        MinArguments = 1,
        Run = static (session, words) => EachName.Do(session, words, name => ManifestDraft.Open(session.Environment, ImageName.WithTag(name)).Delete()),
    };

    public static Command Inspect(string path)
    {
        var command = new Command(path, "[OPTIONS] [MANIFEST_LIST] MANIFEST", "Display an image manifest, or manifest list") { MinArguments = 1, MaxArguments = 2 };
        SwitchFlag verbose = command.Flags.Switch("verbose", "Output additional info including layers and platform", 'v');
        _ = command.Flags.Switch("insecure", "Allow communication with an insecure registry (decided by the engine's configuration)");
        command.Run = (session, words) =>
        {
            string name = ImageName.WithTag(words[^1]);
            if (words.Count == 1 && ManifestDraft.Exists(session.Environment, name))
            {
                Print(session, ManifestDraft.Open(session.Environment, name).Index());
                return 0;
            }
            (byte[] content, string mediaType, string digest) = session.Client.Registries.Manifest(name, new CredentialStore(session.Environment).HeaderFor(name));
            Print(session, verbose.Value ? Verbose(name, content, mediaType, digest) : content);
            return 0;
        };
        return command;
    }

    private static byte[] Verbose(string name, byte[] content, string mediaType, string digest)
    {
        var entry = new JsonObject
        {
            ["Ref"] = name,
            ["Descriptor"] = new JsonObject { ["mediaType"] = mediaType, ["digest"] = digest, ["size"] = content.Length },
            ["Manifest"] = JsonNode.Parse(content),
        };
        return System.Text.Encoding.UTF8.GetBytes(entry.ToJsonString());
    }

    private static void Print(Session session, byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        InspectCommand.WriteIndented(session.Out, document.RootElement.WriteTo);
    }
}
