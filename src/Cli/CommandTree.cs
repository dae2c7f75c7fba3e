using Tare.Cli.CommandLine;
using Tare.Cli.Commands;
using C = Tare.Cli.Commands.Containers;
using K = Tare.Cli.Commands.Checkpoints;
using D = Tare.Cli.Commands.Daemon;
using I = Tare.Cli.Commands.Images;
using M = Tare.Cli.Commands.Manifests;
using N = Tare.Cli.Commands.Networks;
using R = Tare.Cli.Commands.Registries;
using V = Tare.Cli.Commands.Volumes;
using X = Tare.Cli.Commands.Contexts;

namespace Tare.Cli;

/// <summary>All commands by name; a command is made only when it is called.</summary>
internal static class CommandTree
{
    public static CommandEntry[] Roots() =>
    [
        new("run", "Create and run a new container from an image", C.RunCommand.Build),
        new("create", "Create a new container", C.CreateCommand.Build),
        new("start", "Start one or more stopped containers", C.StartCommand.Build),
        new("exec", "Execute a command in a running container", C.ExecCommand.Build),
        new("ps", "List containers", C.ListCommand.Build),
        new("logs", "Fetch the logs of a container", C.LogsCommand.Build),
        new("attach", "Attach local standard input, output, and error streams to a running container", C.AttachCommand.Build),
        new("stop", "Stop one or more running containers", C.StopCommand.Build),
        new("kill", "Kill one or more running containers", C.KillCommand.Build),
        new("restart", "Restart one or more containers", C.RestartCommand.Build),
        new("pause", "Pause all processes within one or more containers", C.PauseCommand.Build),
        new("unpause", "Unpause all processes within one or more containers", C.UnpauseCommand.Build),
        new("rename", "Rename a container", C.RenameCommand.Build),
        new("wait", "Block until one or more containers stop, then print their exit codes", C.WaitCommand.Build),
        new("top", "Display the running processes of a container", C.TopCommand.Build),
        new("rm", "Remove one or more containers", C.RemoveCommand.Build),
        new("inspect", "Return low-level information on objects", InspectCommand.Any),
        new("cp", "Copy files/folders between a container and the local filesystem", C.CopyCommand.Build),
        new("diff", "Inspect changes to files or directories on a container's filesystem", C.DiffCommand.Build),
        new("stats", "Display a live stream of container(s) resource usage statistics", C.StatsCommand.Build),
        new("port", "List port mappings or a specific mapping for the container", C.PortCommand.Build),
        new("update", "Update configuration of one or more containers", C.UpdateCommand.Build),
        new("commit", "Create a new image from a container's changes", C.CommitCommand.Build),
        new("export", "Export a container's filesystem as a tar archive", C.ExportCommand.Build),
        new("events", "Get real time events from the server", D.EventsCommand.Build),
        new("info", "Display system-wide information", D.InfoCommand.Build),
        new("version", "Show the Tare version information", D.VersionCommand.Build),
        new("images", "List images", I.ListCommand.Build),
        new("pull", "Download an image from a registry", I.PullCommand.Build),
        new("push", "Upload an image to a registry", I.PushCommand.Build),
        new("login", "Authenticate to a registry", R.LoginCommand.Build),
        new("logout", "Log out from a registry", R.LogoutCommand.Build),
        new("search", "Search Docker Hub, or REGISTRY/TERM, for images", R.SearchCommand.Build),
        new("load", "Load an image from a tar archive or STDIN", I.LoadCommand.Build),
        new("save", "Save one or more images to a tar archive (streamed to STDOUT by default)", I.SaveCommand.Build),
        new("import", "Import the contents from a tarball to create a filesystem image", I.ImportCommand.Build),
        new("tag", "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE", I.TagCommand.Build),
        new("rmi", "Remove one or more images", I.RemoveCommand.Build),
        new("history", "Show the history of an image", I.HistoryCommand.Build),
        new("completion", "Generate the autocompletion script for the specified shell", CompletionCommand.Build),
        new("man", "Write the manual pages of all commands into a directory", ManCommand.Build),
        new("explain", "Explain what a command would do, before anything runs", null, [new("run", "Explain the system calls that would isolate a container", C.ExplainCommand.Build)]),
        new("container", "Manage containers", null, Containers()),
        new("checkpoint", "Manage checkpoints", null, Checkpoints()),
        new("image", "Manage images", null, Images()),
        new("manifest", "Manage image manifests and manifest lists", null, Manifests()),
        new("volume", "Manage volumes", null, Volumes()),
        new("network", "Manage networks", null, Networks()),
        new("system", "Manage the engine", null, Daemon()),
        new("context", "Manage contexts", null, Contexts()),
        new("registry", "Serve images to others", null, [new("serve", "Serve an OCI registry", RegistryServeCommand.Build)]),
    ];

    private static CommandEntry[] Containers() =>
    [
        new("attach", "Attach local standard input, output, and error streams to a running container", C.AttachCommand.Build),
        new("commit", "Create a new image from a container's changes", C.CommitCommand.Build),
        new("cp", "Copy files/folders between a container and the local filesystem", C.CopyCommand.Build),
        new("create", "Create a new container", C.CreateCommand.Build),
        new("diff", "Inspect changes to files or directories on a container's filesystem", C.DiffCommand.Build),
        new("exec", "Execute a command in a running container", C.ExecCommand.Build),
        new("export", "Export a container's filesystem as a tar archive", C.ExportCommand.Build),
        new("inspect", "Display detailed information on one or more containers", InspectCommand.Container),
        new("kill", "Kill one or more running containers", C.KillCommand.Build),
        new("logs", "Fetch the logs of a container", C.LogsCommand.Build),
        new("ls|list|ps", "List containers", C.ListCommand.Build),
        new("pause", "Pause all processes within one or more containers", C.PauseCommand.Build),
        new("port", "List port mappings or a specific mapping for the container", C.PortCommand.Build),
        new("prune", "Remove all stopped containers", C.PruneCommand.Build),
        new("rename", "Rename a container", C.RenameCommand.Build),
        new("restart", "Restart one or more containers", C.RestartCommand.Build),
        new("rm|remove", "Remove one or more containers", C.RemoveCommand.Build),
        new("run", "Create and run a new container from an image", C.RunCommand.Build),
        new("start", "Start one or more stopped containers", C.StartCommand.Build),
        new("stats", "Display a live stream of container(s) resource usage statistics", C.StatsCommand.Build),
        new("stop", "Stop one or more running containers", C.StopCommand.Build),
        new("top", "Display the running processes of a container", C.TopCommand.Build),
        new("unpause", "Unpause all processes within one or more containers", C.UnpauseCommand.Build),
        new("update", "Update configuration of one or more containers", C.UpdateCommand.Build),
        new("wait", "Block until one or more containers stop, then print their exit codes", C.WaitCommand.Build),
    ];

    private static CommandEntry[] Checkpoints() =>
    [
        new("create", "Create a checkpoint from a running container", K.CreateCommand.Build),
        new("ls|list", "List checkpoints for a container", K.ListCommand.Build),
        new("rm|remove", "Remove a checkpoint", K.RemoveCommand.Build),
    ];

    private static CommandEntry[] Images() =>
    [
        new("attestations", "List statements about an image: SBOM, provenance", I.AttestationsCommand.Build),
        new("history", "Show the history of an image", I.HistoryCommand.Build),
        new("import", "Import the contents from a tarball to create a filesystem image", I.ImportCommand.Build),
        new("inspect", "Display detailed information on one or more images", InspectCommand.Image),
        new("load", "Load an image from a tar archive or STDIN", I.LoadCommand.Build),
        new("ls|list", "List images", I.ListCommand.Build),
        new("prune", "Remove unused images", I.PruneCommand.Build),
        new("pull", "Download an image from a registry", I.PullCommand.Build),
        new("push", "Upload an image to a registry", I.PushCommand.Build),
        new("rm|remove", "Remove one or more images", I.RemoveCommand.Build),
        new("save", "Save one or more images to a tar archive (streamed to STDOUT by default)", I.SaveCommand.Build),
        new("tag", "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE", I.TagCommand.Build),
        new("verify", "Verify the content of images, or of all images", I.VerifyCommand.Build),
    ];

    private static CommandEntry[] Manifests() =>
    [
        new("annotate", "Add additional information to a local image manifest", M.ManifestCommands.Annotate),
        new("create", "Create a local manifest list for annotating and pushing to a registry", M.ManifestCommands.Create),
        new("inspect", "Display an image manifest, or manifest list", M.ManifestCommands.Inspect),
        new("push", "Push a manifest list to a repository", M.ManifestCommands.Push),
        new("rm", "Delete one or more manifest lists from local storage", M.ManifestCommands.Remove),
    ];

    private static CommandEntry[] Volumes() =>
    [
        new("create", "Create a volume", V.CreateCommand.Build),
        new("inspect", "Display detailed information on one or more volumes", InspectCommand.Volume),
        new("ls|list", "List volumes", V.ListCommand.Build),
        new("prune", "Remove unused local volumes", V.PruneCommand.Build),
        new("rm|remove", "Remove one or more volumes", V.RemoveCommand.Build),
    ];

    private static CommandEntry[] Networks() =>
    [
        new("connect", "Connect a container to a network", N.ConnectCommand.Build),
        new("create", "Create a network", N.CreateCommand.Build),
        new("disconnect", "Disconnect a container from a network", N.DisconnectCommand.Build),
        new("inspect", "Display detailed information on one or more networks", InspectCommand.Network),
        new("ls|list", "List networks", N.ListCommand.Build),
        new("prune", "Remove all unused networks", N.PruneCommand.Build),
        new("rm|remove", "Remove one or more networks", N.RemoveCommand.Build),
    ];

    private static CommandEntry[] Daemon() =>
    [
        new("df", "Show disk usage", D.DiskUsageCommand.Build),
        new("dial-stdio", "Proxy the stdio stream to the engine's connection", D.DialStdioCommand.Build),
        new("events", "Get real time events from the server", D.EventsCommand.Build),
        new("info", "Display system-wide information", D.InfoCommand.Build),
        new("prune", "Remove unused data", D.PruneCommand.Build),
    ];

    private static CommandEntry[] Contexts() =>
    [
        new("create", "Create a context", X.CreateCommand.Build),
        new("inspect", "Display detailed information on one or more contexts", X.InspectCommand.Build),
        new("ls|list", "List contexts", X.ListCommand.Build),
        new("rm|remove", "Remove one or more contexts", X.RemoveCommand.Build),
        new("show", "Print the name of the current context", X.ShowCommand.Build),
        new("use", "Set the current context", X.UseCommand.Build),
    ];
}
