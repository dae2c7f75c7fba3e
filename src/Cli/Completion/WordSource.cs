using Tare.Cli.Contexts;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Filters;
using Tare.EngineApi.Images;

namespace Tare.Cli.Completion;

/// <summary>Names that the engine knows, for the arguments of commands and the values of options. An engine that does not answer knows none.</summary>
internal static class WordSource
{
    /// <summary>What may be a command's argument at a place, from 0.</summary>
    public static IEnumerable<string> ArgumentsOf(Session session, string path, int place) => Verb(path) switch
    {
        "exec" or "attach" or "kill" or "pause" or "stop" or "top" or "stats" or "port" => Only(place, path, () => Containers(session, all: false)),
        "start" or "rm" or "remove" or "logs" or "restart" or "rename" or "wait" or "diff" or "update" or "commit" or "export" or "unpause" or "cp" or "inspect"
            when IsOf(path, "container") => Only(place, path, () => Containers(session, all: true)),
        "inspect" when path == "inspect" => Containers(session, all: true).Concat(Images(session)).Concat(Networks(session)).Concat(Volumes(session)),
        "run" or "create" when path is "run" or "create" or "container run" or "container create" or "explain run" => place == 0 ? Images(session) : [],
        "create" or "ls" or "list" or "rm" or "remove" when IsOf(path, "checkpoint") => place == 0 ? Containers(session, all: Verb(path) != "create") : [],
        "rmi" or "push" or "tag" or "save" or "history" => Images(session),
        "rm" or "inspect" or "verify" or "attestations" when IsOf(path, "image") => Images(session),
        "rm" or "inspect" when IsOf(path, "volume") => Volumes(session),
        "rm" or "inspect" when IsOf(path, "network") => Networks(session),
        "connect" or "disconnect" when IsOf(path, "network") => place == 0 ? Networks(session) : place == 1 ? Containers(session, all: true) : [],
        "use" or "rm" or "inspect" when IsOf(path, "context") => ContextNames(session),
        "completion" => place == 0 ? ["bash", "fish", "zsh"] : [],
        _ => [],
    };

    /// <summary>What may be an option's value.</summary>
    public static IEnumerable<string> ValuesOf(Session session, string flag) => flag switch
    {
        "network" => Networks(session),
        "volumes-from" or "link" => Containers(session, all: true),
        "restart" => ["no", "always", "unless-stopped", "on-failure"],
        "pull" => ["always", "missing", "never"],
        "log-driver" => ["json-file", "local", "none", "syslog", "journald"],
        "pid" or "ipc" => ["host", .. Containers(session, all: false).Select(name => "container:" + name)],
        "cgroupns" => ["host", "private"],
        "signal" => ["SIGHUP", "SIGINT", "SIGKILL", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2"],
        _ => [],
    };

    private static string Verb(string path) => path[(path.LastIndexOf(' ') + 1)..];

    /// <summary>Commands of containers may be called without the word "container".</summary>
    private static bool IsOf(string path, string group) =>
        path.StartsWith(group + " ", StringComparison.Ordinal) || (group == "container" && !path.Contains(' ', StringComparison.Ordinal) && path != "inspect");

    /// <summary>Commands for one container take no second name.</summary>
    private static IEnumerable<string> Only(int place, string path, Func<IEnumerable<string>> names) =>
        place > 0 && (Verb(path) is "logs" or "attach" or "exec" or "top" or "port" or "diff" or "export" or "rename" or "commit") ? [] : names();

    private static IEnumerable<string> Containers(Session session, bool all) => Ask(() => session.Client.Containers.List(all))
        .Select((ContainerSummary container) => container.Names.Select(name => name.TrimStart('/')).First(name => !name.Contains('/', StringComparison.Ordinal)));

    private static IEnumerable<string> Images(Session session) => Ask(() => session.Client.Images.List(all: false, new FilterSet()))
        .SelectMany((ImageSummary image) => image.RepoTags ?? []).Where(tag => !tag.StartsWith("<none>", StringComparison.Ordinal))
        .SelectMany(tag => tag.EndsWith(":latest", StringComparison.Ordinal) ? [tag[..^7], tag] : new[] { tag });

    private static IEnumerable<string> Networks(Session session) => Ask(() => session.Client.Networks.List(new FilterSet())).Select(network => network.Name);

    private static IEnumerable<string> Volumes(Session session) => Ask(() => session.Client.Volumes.List(new FilterSet()).Volumes).Select(volume => volume.Name);

    private static IEnumerable<string> ContextNames(Session session)
    {
        try
        {
            return [.. new ContextStore(session.Environment).List().Select(context => context.Name), "default"];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or Errors.TareException)
        {
            return ["default"];
        }
    }

    /// <summary>A key that is pressed must not be answered with an error.</summary>
    private static List<T> Ask<T>(Func<List<T>> list)
    {
        try
        {
            return list();
        }
        catch (Exception)
        {
            // No engine, another version, no right to ask: there is nothing to offer.
            return [];
        }
    }
}
