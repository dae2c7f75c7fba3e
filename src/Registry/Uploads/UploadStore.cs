using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using Tare.Oci;
using Tare.Registry.Protocol;
using Tare.Registry.Repositories;
using Tare.Storage.Content;
using Tare.Storage.Metadata;

namespace Tare.Registry.Uploads;

/// <summary>
/// The uploads that have begun, each a record and a file. The record is made before the file and removed after it, so a restart finds every file that
/// belongs to somebody and removes the others. Thread-safe.
/// </summary>
internal sealed class UploadStore : IDisposable
{
    private const int MaxUploads = 10_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly string _directory;
    private readonly RecordTable _records;
    private readonly ContentStore _content;
    private readonly ConcurrentDictionary<string, Upload> _uploads = new(StringComparer.Ordinal);

    private UploadStore(string directory, Database database, ContentStore content)
    {
        _directory = directory;
        _records = database.Table("registry_uploads");
        _content = content;
    }

    /// <summary>How many uploads are open.</summary>
    public int Count => _uploads.Count;

    /// <summary>Opens the directory, which is on the content store's file system, with the uploads of the process before.</summary>
    public static UploadStore Open(string directory, Database database, ContentStore content)
    {
        _ = Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var store = new UploadStore(directory, database, content);
        foreach ((string id, UploadRecord record) in store._records.All(RegistryJson.Default.UploadRecord))
            store._uploads[id] = new Upload(id, store.FileOf(id), record);
        foreach (string file in Directory.EnumerateFiles(directory).Where(file => !store._uploads.ContainsKey(Path.GetFileName(file))))
            File.Delete(file);
        return store;
    }

    /// <summary>Begins an upload; the caller has it until it is released.</summary>
    public Taken Start(string repository, string algorithm)
    {
        if (_uploads.Count >= MaxUploads)
            throw new RegistryException(ErrorCode.TooManyRequests, $"{MaxUploads} uploads are open; finish or cancel some");
        string id = Guid.NewGuid().ToString();
        var record = new UploadRecord { Repository = repository, Started = DateTimeOffset.UtcNow, Algorithm = algorithm };
        _records.Put(id, record, RegistryJson.Default.UploadRecord);
        var upload = new Upload(id, FileOf(id), record);
        upload.Turn.Wait();
        _uploads[id] = upload;
        return new Taken(upload);
    }

    /// <summary>An upload of a repository for one request. One that another request writes to just now is waited for, but not long.</summary>
    public async Task<Taken> TakeAsync(string repository, string id, CancellationToken cancel)
    {
        if (!_uploads.TryGetValue(id, out Upload? upload) || upload.Record.Repository != repository)
            throw RegistryException.UploadUnknown();
        if (!await upload.Turn.WaitAsync(Patience, cancel))
            throw new RegistryException(ErrorCode.BlobUploadInvalid, "another request is writing to this upload", status: 409);
        if (upload.IsOver)
        {
            _ = upload.Turn.Release();
            throw RegistryException.UploadUnknown();
        }
        upload.Touched = DateTimeOffset.UtcNow;
        return new Taken(upload);
    }

    /// <summary>Moves a verified upload into the content store, leased; then it is over.</summary>
    public void Commit(Upload upload, Digest digest, ContentLease lease)
    {
        lease.Adopt(upload.File, digest);
        Forget(upload);
    }

    /// <summary>Stores a small content whose digest the caller has verified, durably and leased.</summary>
    public void StoreSmall(ReadOnlySpan<byte> bytes, Digest digest, ContentLease lease)
    {
        // Without a record, so a restart removes what a death in between leaves.
        string file = FileOf(Guid.NewGuid().ToString());
        try
        {
            using (SafeFileHandle handle = File.OpenHandle(file, FileMode.CreateNew, FileAccess.Write))
            {
                RandomAccess.Write(handle, bytes, 0);
                RandomAccess.FlushToDisk(handle);
            }
            lease.Adopt(file, digest);
        }
        catch (IOException error)
        {
            File.Delete(file);
            throw Upload.Translate(error);
        }
    }

    /// <summary>Ends an upload and removes what has arrived.</summary>
    public void Cancel(Upload upload)
    {
        File.Delete(upload.File);
        Forget(upload);
    }

    /// <summary>Cancels what no request has used for so long; returns how many.</summary>
    public int CancelIdle(TimeSpan age)
    {
        int cancelled = 0;
        foreach (Upload upload in _uploads.Values.Where(upload => DateTimeOffset.UtcNow - upload.Touched > age))
        {
            if (!upload.Turn.Wait(0))
                continue;
            using var taken = new Taken(upload);
            if (!upload.IsOver)
            {
                Cancel(upload);
                cancelled++;
            }
        }
        return cancelled;
    }

    public void Dispose()
    {
        foreach (Upload upload in _uploads.Values)
            upload.Dispose();
    }

    private void Forget(Upload upload)
    {
        upload.End();
        _ = _uploads.TryRemove(upload.Id, out _);
        _ = _records.Delete(upload.Id);
    }

    private string FileOf(string id) => Path.Combine(_directory, id);

    /// <summary>One request's hold on an upload.</summary>
    internal readonly struct Taken(Upload upload) : IDisposable
    {
        public Upload Upload => upload;

        public void Dispose() => upload.Turn.Release();
    }
}
