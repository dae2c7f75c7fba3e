using System.Text.Json;
using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;

namespace Tare.Runtime.Lifecycle;

/// <summary>Makes a container from a bundle: everything is prepared, and the process waits at its gate for `start`.</summary>
public static class Create
{
    /// <summary>Reads the bundle's config.json.</summary>
    public static RuntimeSpec ReadSpec(string bundle)
    {
        string path = Path.Combine(bundle, "config.json");
        try
        {
            return RuntimeSpec.Parse(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw TareException.NotFound($"JSON specification file {path} not found: no such file or directory");
        }
        catch (JsonException e)
        {
            throw TareException.Invalid($"{path} is not a valid configuration", e);
        }
    }

    /// <summary>Creates; on failure nothing stays behind. The caller owns the result's descriptors; a terminal is there only without a console socket.</summary>
    public static Launched Run(CreateOptions options, RuntimeSpec spec)
    {
        SpecCheck.Check(spec, options);
        ContainerDirectory directory = ContainerDirectory.Of(options.Root, options.Id);
        directory.Create(options.Root);
        using Creation creation = new(options, spec, directory);
        Launched? launched = null;
        try
        {
            File.WriteAllBytes(directory.Configuration, spec.ToJson());
            launched = creation.Start();
            directory.Save(creation.State(launched.Pid, creating: false));
            launched = HandOut.Terminal(options.ConsoleSocket, launched);
            HandOut.PidFd(options.PidFdSocket, launched.PidFd);
            HandOut.PidFile(options.PidFile, launched.Pid);
            return launched;
        }
        catch
        {
            if (launched is not null)
            {
                _ = Process.TrySignal(launched.PidFd, Process.SIGKILL);
                _ = Process.TryReap(launched.PidFd, wait: true, out _);
            }
            creation.Undo();
            directory.Remove();
            throw;
        }
    }
}
