using Microsoft.Data.Sqlite;
using Tare.Errors;
using Tare.Linux;

namespace Tare.Storage.Metadata;

/// <summary>
/// The one SQLite file that holds all metadata, in WAL mode: a commit survives the death of the process without an fsync. One connection under
/// one lock, taken after every other lock of the engine. Thread-safe; a <see cref="Transaction"/> belongs to the thread that began it.
/// </summary>
public sealed class Database : IDisposable
{
    private const long LogReserve = 6 << 20;
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, RecordTable> _tables = [];
    private readonly SqliteCommand _begin;
    private readonly SqliteCommand _commit;
    private readonly SqliteCommand _rollback;

    private Database(SqliteConnection connection)
    {
        _connection = connection;
        _begin = Prepare("BEGIN IMMEDIATE");
        _commit = Prepare("COMMIT");
        _rollback = Prepare("ROLLBACK");
    }

    internal Lock Lock { get; } = new();

    /// <summary>Opens or makes the file; its directory exists.</summary>
    public static Database Open(string path)
    {
        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            connection.Open();
            using SqliteCommand pragma = connection.CreateCommand();
            // Nobody else opens it, so the log's index need not be shared: as a mapped file it would be a bus error where a full disk has no block for its pages.
            pragma.CommandText = "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=10000; PRAGMA trusted_schema=OFF;";
            _ = pragma.ExecuteNonQuery();
            pragma.CommandText = "SELECT COUNT(*) FROM sqlite_master";
            _ = pragma.ExecuteScalar();
            Reserve(path + "-wal");
            return new Database(connection);
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw Translate(e, $"open the database {path}");
        }
    }

    /// <summary>
    /// What is written goes to the log first, which is written from its beginning again after every thousand pages: with room for more than that, a disk
    /// that others have filled does not keep anybody from removing things, and the engine from noticing what ends. A disk that is full now is left alone.
    /// </summary>
    private static void Reserve(string log)
    {
        // SQLite locks the database and its index, never the log: opening it a second time takes no lock away.
        if (Fcntl.TryOpenAt(FileDescriptor.CurrentDirectory, log, Fcntl.O_RDWR, 0, out FileDescriptor file) != Errno.None)
            return;
        using (file)
            _ = Fcntl.TryReserve(file, LogReserve);
    }

    /// <summary>A table of records by key, made when it does not exist; the name is a constant of the program: letters and underscores.</summary>
    public RecordTable Table(string name)
    {
        lock (Lock)
        {
            if (_tables.TryGetValue(name, out RecordTable? table))
                return table;
            if (name.Length == 0 || !name.All(c => char.IsAsciiLetter(c) || c == '_'))
                throw new ArgumentException("not a table name", nameof(name));
            using (SqliteCommand create = Prepare($"CREATE TABLE IF NOT EXISTS \"{name}\" (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID"))
                _ = create.ExecuteNonQuery();
            return _tables[name] = new RecordTable(this, name);
        }
    }

    /// <summary>Begins a transaction on this thread: every change on any table until Commit happens wholly or not at all. No await inside.</summary>
    public Transaction Begin() => new(this);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (Lock)
        {
            foreach (RecordTable table in _tables.Values)
                table.DisposeStatements();
            _begin.Dispose();
            _commit.Dispose();
            _rollback.Dispose();
            _connection.Dispose();
        }
    }

    internal SqliteCommand Prepare(string sql)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }

    internal void Run(string verb) => Execute(verb switch { "begin" => _begin, "commit" => _commit, _ => _rollback }, verb);

    internal static void Execute(SqliteCommand command, string what)
    {
        try
        {
            _ = command.ExecuteNonQuery();
        }
        catch (SqliteException e)
        {
            throw Translate(e, what);
        }
    }

    /// <summary>SQLITE_FULL (13) is a full disk; SQLITE_CORRUPT (11) and SQLITE_NOTADB (26) say so.</summary>
    internal static TareException Translate(SqliteException e, string what) => e.SqliteErrorCode switch
    {
        13 => new TareException(ErrorKind.OutOfSpace, $"{what}: no space left on the disk of the metadata database", e),
        11 or 26 => TareException.Internal($"{what}: the metadata database is damaged", e),
        _ => TareException.Internal(what, e),
    };
}
