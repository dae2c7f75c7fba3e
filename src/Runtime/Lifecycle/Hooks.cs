using Tare.Errors;
using Tare.Linux;
using Tare.Oci.Runtime;

namespace Tare.Runtime.Lifecycle;

/// <summary>Runs the hooks of one kind in order (config.md#posix-platform-hooks), each with the container's state on its standard input.</summary>
public static class Hooks
{
    /// <summary>
    /// The first hook that fails or takes too long ends the list with an error. <paramref name="inside"/> are the container's process and namespaces for
    /// hooks that run in the container, and begin at <paramref name="place"/>; with <paramref name="container"/> they do so as the container's process: its
    /// identity, filter and environment.
    /// </summary>
    public static void Run(string kind, IList<HookSpec>? hooks, HookState state,
        (FileDescriptor Target, ulong Kinds)? inside = null, RuntimeSpec? container = null, string place = "/")
    {
        if (hooks is not { Count: > 0 })
            return;
        byte[] input = StateDocument.Write(state);
        for (int i = 0; i < hooks.Count; i++)
        {
            HookSpec hook = hooks[i];
            TimeSpan? timeout = hook.Timeout is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
            ChildResult result = RunOne(kind, i, new HookSpec { Path = hook.Path, Args = hook.Args, Env = hook.Env ?? container?.Process?.Env }, input, timeout, inside is null && Directory.Exists(state.Bundle) ? state.Bundle : place, inside, container);
            if (result.TimedOut)
                throw TareException.Internal($"error running {kind} hook #{i}: hook ran past specified timeout of {timeout!.Value.TotalSeconds:0.#}s");
            if (result.Status.Code != 0 || result.Status.Signal != 0)
                throw TareException.Internal($"error running {kind} hook #{i}: "
                    + (result.Status.Signal != 0 ? $"signal: {InWords(result.Status.Signal)}" : $"exit status {result.Status.Code}")
                    + $", stdout: {result.Output}, stderr: {result.Error}");
        }
    }

    /// <summary>As strsignal(3) has them.</summary>
    private static string InWords(int signal) => signal switch
    {
        6 => "aborted",
        7 => "bus error",
        9 => "killed",
        11 => "segmentation fault",
        15 => "terminated",
        31 => "bad system call",
        _ => $"signal {signal}",
    };

    /// <summary>Refuses what no kernel could run, before anything is made.</summary>
    public static void Check(HooksSpec? hooks)
    {
        foreach (HookSpec hook in new[] { hooks?.Prestart, hooks?.CreateRuntime, hooks?.CreateContainer, hooks?.StartContainer, hooks?.Poststart, hooks?.Poststop }.SelectMany(h => h ?? []))
        {
            if (!hook.Path.StartsWith('/'))
                throw TareException.Invalid($"hook path \"{hook.Path}\" is not absolute");
            if (hook.Timeout <= 0)
                throw TareException.Invalid($"hook {hook.Path}: the timeout must be greater than zero");
        }
    }

    private static ChildResult RunOne(string kind, int index, HookSpec hook, byte[] input, TimeSpan? timeout, string place, (FileDescriptor Target, ulong Kinds)? inside, RuntimeSpec? container)
    {
        try
        {
            return ChildProcess.Run(new ChildOptions
            {
                Path = hook.Path,
                Arguments = hook.Args is { Count: > 0 } given ? [.. given] : [hook.Path],
                Environment = [.. hook.Env ?? []],
                Input = input,
                WorkingDirectory = place,
                Timeout = timeout,
                Inside = inside,
                As = container?.Process is { } process ? (process, container) : null,
            });
        }
        catch (TareException e)
        {
            throw TareException.Internal($"error running {kind} hook #{index}", e);
        }
    }
}
