using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Data.Sqlite;

namespace Tare.Storage.Metadata;

/// <summary>
/// Records of one kind by key, as bytes or as source-generated JSON. Thread-safe; a change outside a <see cref="Transaction"/> is one of its own.
/// </summary>
public sealed class RecordTable
{
    private readonly Database _database;
    private readonly string _name;
    private readonly SqliteCommand _put;
    private readonly SqliteCommand _get;
    private readonly SqliteCommand _delete;
    private readonly SqliteCommand _all;
    private readonly SqliteCommand _range;
    private readonly SqliteCommand _count;

    internal RecordTable(Database database, string name)
    {
        _database = database;
        _name = name;
        _put = database.Prepare($"INSERT INTO \"{name}\" (key, value) VALUES ($key, $value) ON CONFLICT (key) DO UPDATE SET value = excluded.value");
        _ = _put.Parameters.Add("$key", SqliteType.Text);
        _ = _put.Parameters.Add("$value", SqliteType.Blob);
        _get = database.Prepare($"SELECT value FROM \"{name}\" WHERE key = $key");
        _ = _get.Parameters.Add("$key", SqliteType.Text);
        _delete = database.Prepare($"DELETE FROM \"{name}\" WHERE key = $key");
        _ = _delete.Parameters.Add("$key", SqliteType.Text);
        _all = database.Prepare($"SELECT key, value FROM \"{name}\" ORDER BY key");
        _range = database.Prepare($"SELECT key, value FROM \"{name}\" WHERE key > $after AND key < $end ORDER BY key LIMIT $limit");
        _ = _range.Parameters.Add("$after", SqliteType.Text);
        _ = _range.Parameters.Add("$end", SqliteType.Text);
        _ = _range.Parameters.Add("$limit", SqliteType.Integer);
        _count = database.Prepare($"SELECT COUNT(*) FROM \"{name}\"");
    }

    /// <summary>Makes or replaces a record.</summary>
    public void Put(string key, ReadOnlySpan<byte> value)
    {
        byte[] copy = value.ToArray();
        lock (_database.Lock)
        {
            _put.Parameters[0].Value = key;
            _put.Parameters[1].Value = copy;
            Database.Execute(_put, $"store {key} in {_name}");
        }
    }

    /// <inheritdoc cref="Put(string, ReadOnlySpan{byte})"/>
    public void Put<T>(string key, T value, JsonTypeInfo<T> type) => Put(key, JsonSerializer.SerializeToUtf8Bytes(value, type));

    /// <summary>Reads a record.</summary>
    public bool TryGet(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out byte[]? value)
    {
        lock (_database.Lock)
        {
            _get.Parameters[0].Value = key;
            try
            {
                value = _get.ExecuteScalar() as byte[];
            }
            catch (SqliteException e)
            {
                throw Database.Translate(e, $"read {key} in {_name}");
            }
        }
        return value is not null;
    }

    /// <inheritdoc cref="TryGet(string, out byte[])"/>
    public bool TryGet<T>(string key, JsonTypeInfo<T> type, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out T? value) where T : class
    {
        value = TryGet(key, out byte[]? bytes) ? JsonSerializer.Deserialize(bytes, type) : null;
        return value is not null;
    }

    /// <summary>Removes a record; false when there was none.</summary>
    public bool Delete(string key)
    {
        lock (_database.Lock)
        {
            _delete.Parameters[0].Value = key;
            try
            {
                return _delete.ExecuteNonQuery() > 0;
            }
            catch (SqliteException e)
            {
                throw Database.Translate(e, $"delete {key} in {_name}");
            }
        }
    }

    /// <summary>How many records there are.</summary>
    public int Count()
    {
        lock (_database.Lock)
        {
            try
            {
                return Convert.ToInt32(_count.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
            }
            catch (SqliteException e)
            {
                throw Database.Translate(e, $"count {_name}");
            }
        }
    }

    /// <summary>All records in the order of their keys, as of now.</summary>
    public IReadOnlyList<KeyValuePair<string, byte[]>> All()
    {
        lock (_database.Lock)
            return List(_all);
    }

    /// <summary>
    /// The records whose keys begin with a prefix of ASCII characters and come after another key, in the bytewise order of their keys, at most so many.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, byte[]>> Range(string prefix, string? after = null, int limit = int.MaxValue)
    {
        lock (_database.Lock)
        {
            // U+007F is above every character that keys are made of.
            _range.Parameters[0].Value = after is null || string.CompareOrdinal(after, prefix) < 0 ? prefix : after;
            _range.Parameters[1].Value = prefix + '\u007f';
            _range.Parameters[2].Value = limit;
            return List(_range);
        }
    }

    /// <inheritdoc cref="Range(string, string, int)"/>
    public IReadOnlyList<KeyValuePair<string, T>> Range<T>(string prefix, JsonTypeInfo<T> type, string? after = null, int limit = int.MaxValue) where T : class =>
        [.. Range(prefix, after, limit).Select(r => new KeyValuePair<string, T>(r.Key, JsonSerializer.Deserialize(r.Value, type)!))];

    /// <inheritdoc cref="All()"/>
    public IReadOnlyList<KeyValuePair<string, T>> All<T>(JsonTypeInfo<T> type) where T : class =>
        [.. All().Select(r => new KeyValuePair<string, T>(r.Key, JsonSerializer.Deserialize(r.Value, type)!))];

    private List<KeyValuePair<string, byte[]>> List(SqliteCommand query)
    {
        try
        {
            var records = new List<KeyValuePair<string, byte[]>>();
            using SqliteDataReader reader = query.ExecuteReader();
            while (reader.Read())
                records.Add(new(reader.GetString(0), (byte[])reader.GetValue(1)));
            return records;
        }
        catch (SqliteException e)
        {
            throw Database.Translate(e, $"list {_name}");
        }
    }

    internal void DisposeStatements()
    {
        _range.Dispose();
        _count.Dispose();
        _put.Dispose();
        _get.Dispose();
        _delete.Dispose();
        _all.Dispose();
    }
}
