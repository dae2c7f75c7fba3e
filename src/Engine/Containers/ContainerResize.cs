using System.Globalization;
using Tare.Engine.Containers.State;
using Tare.Errors;

namespace Tare.Engine.Containers;

/// <summary>Sets the size of a container's terminal.</summary>
public sealed class ContainerResize(ContainerContext context)
{
    /// <summary>Resizes now, or, before the start, notes the size for it.</summary>
    public async Task RunAsync(string reference, int height, int width)
    {
        Container container = context.Store.Get(reference);
        if (height is < 0 or > ushort.MaxValue || width is < 0 or > ushort.MaxValue)
            throw TareException.Invalid($"invalid terminal size {height}x{width}");
        container.WindowSize = ((ushort)height, (ushort)width);
        if (!container.State.HasProcess)
            throw TareException.Conflict($"container {container.Id} is not running");
        if (container.Record.Config.Tty)
            await context.Keeper.ResizeAsync(container.Id, (ushort)height, (ushort)width);
        context.Publish(container.Record, "resize",
            ("height", height.ToString(CultureInfo.InvariantCulture)), ("width", width.ToString(CultureInfo.InvariantCulture)));
    }
}
