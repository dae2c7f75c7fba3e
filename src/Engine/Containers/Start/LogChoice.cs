using Tare.Engine.Containers.Logs.Drivers;
using Tare.Engine.Containers.State;
using Tare.Keeper.Protocol;
using Tare.Linux;

namespace Tare.Engine.Containers.Start;

/// <summary>Where a container's output is logged and how much of it, opened for the keeper.</summary>
internal sealed class LogChoice(FileDescriptor directory, LogOptions options) : IDisposable
{
    private const long DefaultSize = 20 << 20;
    private const int DefaultFiles = 5;

    /// <summary>As the keeper wants it.</summary>
    internal (FileDescriptor Directory, LogOptions Options) Target => (directory, options);

    /// <summary>Null for a container without a log.</summary>
    internal static LogChoice? Open(ContainerContext context, ContainerRecord record) => record.HostConfig.LogConfig.Type == "none"
        ? null
        : new LogChoice(Fcntl.Open(context.Paths.Of(record.Id), Fcntl.O_RDONLY | Fcntl.O_DIRECTORY), Bounds(context, record));

    /// <inheritdoc/>
    public void Dispose() => directory.Dispose();

    private static LogOptions Bounds(ContainerContext context, ContainerRecord record)
    {
        IReadOnlyDictionary<string, string> options = record.HostConfig.LogConfig.Config is { Count: > 0 } own ? own : context.LogOptions;
        // Of a driver that sends lines elsewhere these files are the copy that `docker logs` reads.
        string prefix = LogDrivers.Forwards(record.HostConfig.LogConfig.Type) ? "cache-" : "";
        long size = options.TryGetValue(prefix + "max-size", out string? given) ? ByteSize.Parse(given) : DefaultSize;
        int files = options.TryGetValue(prefix + "max-file", out string? count) && int.TryParse(count, out int number) ? number
            : options.ContainsKey(prefix + "max-size") ? 1 : DefaultFiles;
        return new LogOptions(ContainerPaths.LogName(record.Id), Math.Max(size, 0), Math.Max(files, 1));
    }
}
