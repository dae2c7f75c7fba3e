using Tare.Linux;

namespace Tare.Runtime.Lifecycle;

/// <summary>A container that waits for `start`, unless it has started at once. The caller owns the process's descriptors; a terminal is there only without a console socket.</summary>
public sealed record Created(Launched Process, ContainerDirectory Directory, ContainerState State, bool HasStarted);

/// <summary>Makes a container from a bundle: everything is prepared, and the process waits at its gate for `start`.</summary>
public static class Create
{
    /// <summary>Creates; on failure nothing stays behind.</summary>
    public static Created Run(CreateOptions options, Bundle bundle)
    {
        SpecCheck.Check(bundle.Spec, options);
        ContainerDirectory directory = ContainerDirectory.Of(options.Root, options.Id);
        directory.Create(options.Root);
        using Creation creation = new(options, bundle, directory);
        Launched? launched = null;
        try
        {
            launched = creation.Start();
            ContainerState state = creation.Commit(launched.Pid);
            launched = HandOut.Terminal(options.ConsoleSocket, launched);
            HandOut.PidFd(options.PidFdSocket, launched.PidFd);
            HandOut.PidFile(options.PidFile, launched.Pid);
            return new Created(launched, directory, state, creation.StartsAtOnce);
        }
        catch
        {
            creation.Undo(launched);
            throw;
        }
    }
}
