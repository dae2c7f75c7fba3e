using Tare.Errors;

namespace Tare.Storage.Metadata;

/// <summary>
/// Several changes as one, on the thread that began it: holds the database's lock until disposed; disposing without <see cref="Commit"/> undoes
/// everything. Transactions do not nest.
/// </summary>
public sealed class Transaction : IDisposable
{
    private readonly Database _database;
    private bool _open;

    internal Transaction(Database database)
    {
        _database = database;
        database.Lock.Enter();
        try
        {
            database.Run("begin");
            _open = true;
        }
        catch
        {
            database.Lock.Exit();
            throw;
        }
    }

    /// <summary>Makes the changes durable against the death of the process.</summary>
    public void Commit()
    {
        ObjectDisposedException.ThrowIf(!_open, this);
        _database.Run("commit");
        _open = false;
        _database.Lock.Exit();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_open)
            return;
        _open = false;
        try
        {
            _database.Run("rollback");
        }
        catch (TareException)
        {
            // SQLite has undone it itself, on a full disk for instance; the reason is on its way to the caller.
        }
        finally
        {
            _database.Lock.Exit();
        }
    }
}
