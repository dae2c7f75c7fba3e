using Tare.Engine.Containers;
using Tare.Errors;

namespace Tare.Engine.Execs;

/// <summary>POST /exec/{id}/resize.</summary>
public sealed class ExecResize(ContainerContext context, ExecStore execs)
{
    /// <summary>Sets the size of the exec's terminal; Conflict while it does not run, and clients try again.</summary>
    public async Task RunAsync(string id, int height, int width)
    {
        Exec exec = execs.Get(id);
        if (height is < 0 or > ushort.MaxValue || width is < 0 or > ushort.MaxValue)
            throw TareException.Invalid($"invalid terminal size {height}x{width}");
        if (!exec.IsRunning)
            throw TareException.Conflict($"exec {id} is not running");
        if (exec.Request.Tty)
            await context.Keeper.ResizeAsync(exec.Id, (ushort)height, (ushort)width);
    }
}
