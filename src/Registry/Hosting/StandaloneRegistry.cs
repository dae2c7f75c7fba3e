using Microsoft.Extensions.Logging;
using Tare.Errors;
using Tare.Storage.Content;
using Tare.Storage.Metadata;

namespace Tare.Registry.Hosting;

/// <summary>A registry with a store of its own: DIR/content, DIR/registry.db, DIR/uploads. One process at a time has the directory.</summary>
public sealed class StandaloneRegistry : IAsyncDisposable
{
    private readonly FileStream _lock;
    private readonly Database _database;

    private StandaloneRegistry(FileStream held, Database database, RegistryServer server)
    {
        _lock = held;
        _database = database;
        Server = server;
    }

    /// <summary>The registry that serves.</summary>
    public RegistryServer Server { get; }

    /// <summary>Opens the directory and serves.</summary>
    public static async Task<StandaloneRegistry> StartAsync(RegistryOptions options, ILoggerFactory loggers)
    {
        string root = options.Root ?? throw TareException.Invalid("a registry needs a directory: --root DIR");
        _ = Directory.CreateDirectory(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        FileStream held = Take(Path.Combine(root, "lock"));
        Database? database = null;
        try
        {
            database = Database.Open(Path.Combine(root, "registry.db"));
            ContentStore content = ContentStore.Open(Path.Combine(root, "content"));
            content.AddHolder(RegistryServer.ClaimsIn(database));
            return new StandaloneRegistry(held, database, await RegistryServer.StartAsync(options, root, content, database, loggers));
        }
        catch
        {
            database?.Dispose();
            await held.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _database.Dispose();
        await _lock.DisposeAsync();
    }

    /// <summary>The runtime locks a file that is opened with FileShare.None (flock), which the kernel undoes when the process dies.</summary>
    private static FileStream Take(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error)
        {
            throw new TareException(ErrorKind.Conflict, $"another registry has {Path.GetDirectoryName(path)}", error);
        }
    }
}
