using Tare.Cli.CommandLine;
using Tare.Cli.Options;
using Tare.EngineApi.Client;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Cli;

/// <summary>The command line from its words to its exit code.</summary>
public static class CliProgram
{
    internal const string Summary = "A container platform with almost no weight of its own";

    /// <summary>Runs with this process's streams and environment.</summary>
    public static int Main(string[] arguments)
    {
        using var stdout = new FileDescriptor(1, owns: false);
        using var stderr = new FileDescriptor(2, owns: false);
        using var session = new Session(Output.To(stdout), Output.To(stderr), Environment.GetEnvironmentVariable);
        return Run(session, arguments);
    }

    /// <summary>Runs with given streams and environment.</summary>
    public static int Run(Session session, ReadOnlySpan<string> arguments)
    {
        int code;
        try
        {
            code = Dispatch(session, arguments);
            session.Out.Flush();
        }
        catch (BrokenPipeException)
        {
            return 141; // 128 + SIGPIPE, as a C program would end.
        }
        catch (Exception error)
        {
            session.Out.Flush();
            (code, string text) = Describe(error);
            if (text.Length > 0)
                session.Error.WriteLine(text);
        }
        session.Error.Flush();
        return code;
    }

    private static int Dispatch(Session session, ReadOnlySpan<string> arguments)
    {
        var globals = new GlobalFlags();
        List<string> rest;
        try
        {
            rest = globals.All.Parse(arguments, interspersed: false);
        }
        catch (HelpWantedException)
        {
            rest = [];
        }
        if (globals.Configuration.Given is { } directory)
            session.UseConfiguration(directory);
        session.Host = globals.Host.Given;
        session.ContextName = globals.Context.Given;
        if (globals.Tls.Value || globals.Verify.Value)
        {
            TlsFiles usual = TlsFiles.In(new Contexts.EngineChoice(session.Environment, null, null).CertificatePath());
            session.Tls = new TlsFiles(globals.Authority.Given ?? usual.Authority, globals.Certificate.Given ?? usual.Certificate, globals.Key.Given ?? usual.Key, globals.Verify.Value);
        }
        if (globals.Version.Value)
        {
            session.Out.WriteLine($"Tare version {ProductVersion.Text}");
            return 0;
        }
        CommandEntry[] level = CommandTree.Roots();
        if (rest is ["__complete", ..])
        {
            foreach (string word in Completion.Completer.Complete(session, level, rest[1..]))
                session.Out.WriteLine(word);
            return 0;
        }
        if (rest.Count == 0)
        {
            session.Out.Write(Help.Of("", Summary, level, globals.All));
            return 0;
        }
        return Walk(session, level, rest);
    }

    private static int Walk(Session session, CommandEntry[] level, List<string> words)
    {
        string path = "";
        for (int i = 0; ; i++)
        {
            CommandEntry? entry = Array.Find(level, e => e.Answers(words[i]))
                ?? throw new ExitException(1, $"tare: unknown command: tare {path}{words[i]}\n\n{(path.Length > 0 ? $"Usage:  tare {path.TrimEnd()}\n\n" : "")}Run 'tare {path}--help' for more information");
            if (entry.Build is { } build)
                return RunCommand(session, build(path + entry.Name), words[(i + 1)..]);
            path += entry.Name + " ";
            level = entry.Children;
            if (i + 1 == words.Count || words[i + 1] is "--help" or "-h")
            {
                session.Out.Write(Help.Of(path.TrimEnd(), entry.Summary, level));
                return 0;
            }
        }
    }

    private static int RunCommand(Session session, Command command, List<string> words)
    {
        try
        {
            List<string> arguments = command.Flags.Parse(words.ToArray(), !command.OptionsFirst);
            command.CheckCount(arguments.Count);
            return command.Run(session, arguments);
        }
        catch (HelpWantedException)
        {
            session.Out.Write(Help.Of(command));
            return 0;
        }
        catch (UsageException error)
        {
            throw new ExitException(error.ExitCode, error.Message + "\n" + Help.Hint(command));
        }
    }

    private static (int Code, string Text) Describe(Exception error) => error switch
    {
        ExitException exit => (exit.ExitCode, exit.Message),
        UsageException usage => (usage.ExitCode, $"{usage.Message}\n\nRun 'tare --help' for more information"),
        EngineErrorException engine => (1, $"Error response from daemon: {engine.Message}"),
        TareException tare => (1, TareException.Describe(tare)),
        Templates.TemplateException template => (1, (template.IsMalformed ? "template parsing error: " : "failed to execute template: ") + template.Message),
        IOException or SyscallException or UnauthorizedAccessException => (1, error.Message),
        _ => (1, $"tare: unexpected {error}"),
    };
}
