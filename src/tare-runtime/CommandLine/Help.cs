using System.Reflection;

namespace Tare.Runtime.CommandLine;

/// <summary>The text of --help.</summary>
internal static class Help
{
    /// <summary>What this program was called as: a link named runc answers as runc.</summary>
    public static string ProgramName => Path.GetFileName(Environment.GetCommandLineArgs()[0]);

    /// <summary>Version and commit as engines read them from runc, each on a line of its own.</summary>
    public static string Version
    {
        get
        {
            string[] build = (typeof(Help).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "").Split('+');
            return $"{ProgramName} version {build[0]}\ncommit: {(build.Length > 1 ? build[1] : "unknown")}\nspec: 1.3.0\n";
        }
    }

    public static string Text => $"""
        NAME:
           {ProgramName} - Open Container Initiative runtime: runs containers by its specification

        Usage: {ProgramName} [global options] COMMAND [options] [arguments]

        Commands:
          create ID      prepare a container from a bundle; its process waits for start
          start ID       start a created container
          run ID         create and start; wait for the end unless --detach is given
          exec ID CMD    one more process in a running container
          state ID       the container's state as JSON
          kill ID [SIG]  send a signal to the container's process
          delete ID      remove what a stopped container has left (--force ends it first)
          list           containers below --root
          ps ID          processes of a container
          pause ID       freeze all processes of a container
          resume ID      let them go on
          events ID      counters every --interval, or once with --stats
          update ID      change limits (--memory, --cpu-quota, --pids-limit, …, or --resources FILE)
          checkpoint ID  write the container down to --image-path through criu
          restore ID     make it anew from there
          spec           write a config.json to begin with
          features       what this runtime can do, as JSON

        Global options:
          --root DIR           where states are kept (default /run/tare-runtime)
          --log FILE           append errors to a file
          --log-format FORMAT  text or json
          --systemd-cgroup     cgroups are made by systemd; cgroupsPath is slice:prefix:name
          --rootless BOOL      limits may be missing: true, false or auto (default)
          --debug              say more in the log
          --version            print the version
          --help               print this text

        """;

    /// <summary>What the text says of one command; null for one that it does not know.</summary>
    public static string? Of(string command)
    {
        foreach (string line in Text.Split('\n'))
            if (line.StartsWith($"  {command} ", StringComparison.Ordinal))
                return $"NAME:\n   {ProgramName} {command} - {line[17..].Trim()}\n\nUSAGE:\n   {ProgramName} {line[..17].Trim()} [options as runc's]\n";
        return null;
    }
}
