using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Tare.Errors;

namespace Tare.Registry.Access;

/// <summary>
/// Users and their bcrypt hashes from a file of Apache's htpasswd -B, read again when it changes. A password that was right is remembered for some minutes as
/// a keyed hash, because every request of a client carries it. Thread-safe.
/// </summary>
internal sealed class Htpasswd : IDisposable
{
    private const int MaxRemembered = 10_000;
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(5);

    private readonly string _path;
    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(32);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _right = new(StringComparer.Ordinal);

    /// <summary>Hashing is work on purpose: not on all processors at once, whatever strangers send.</summary>
    private readonly SemaphoreSlim _hashing = new(Math.Max(1, Environment.ProcessorCount / 2));

    private readonly string _nobody = Bcrypt.Hash(Convert.ToHexString(RandomNumberGenerator.GetBytes(16)), cost: 5);
    private volatile Users _users;

    /// <summary>Reads the file; a line that is no user with a bcrypt hash is refused, because it would look like protection and be none.</summary>
    public Htpasswd(string path)
    {
        _path = path;
        _users = Read();
    }

    /// <summary>True when the user exists and has this password.</summary>
    public async Task<bool> VerifyAsync(string user, string password, CancellationToken cancel)
    {
        Users users = Current();
        string hash = users.Hashes.GetValueOrDefault(user, _nobody);
        string proof = Convert.ToHexString(HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes($"{hash}\n{user}\n{password}")));
        if (_right.TryGetValue(proof, out DateTimeOffset until) && until > DateTimeOffset.UtcNow)
            return true;
        await _hashing.WaitAsync(cancel);
        try
        {
            // A user that does not exist costs the same time as one that does.
            if (!await Task.Run(() => Bcrypt.Verify(password, hash), cancel) || !users.Hashes.ContainsKey(user))
                return false;
        }
        finally
        {
            _ = _hashing.Release();
        }
        if (_right.Count >= MaxRemembered)
            _right.Clear();
        _right[proof] = DateTimeOffset.UtcNow + Memory;
        return true;
    }

    public void Dispose() => _hashing.Dispose();

    private Users Current()
    {
        try
        {
            if (File.GetLastWriteTimeUtc(_path) != _users.Written)
                _users = Read();
        }
        catch (TareException)
        {
            // While somebody edits the file, the last good one counts.
        }
        return _users;
    }

    private Users Read()
    {
        DateTime written = File.GetLastWriteTimeUtc(_path);
        var hashes = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            foreach (string line in File.ReadLines(_path).Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#'))
            {
                int colon = line.IndexOf(':', StringComparison.Ordinal);
                if (colon < 1 || !Bcrypt.IsHash(line[(colon + 1)..]))
                    throw TareException.Invalid($"{_path}: the line of {(colon < 1 ? "nobody" : line[..colon])} has no bcrypt hash; make it with htpasswd -B");
                hashes[line[..colon]] = line[(colon + 1)..];
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw TareException.Invalid($"read the registry's users from {_path}", error);
        }
        return new Users(hashes, written);
    }

    private sealed record Users(Dictionary<string, string> Hashes, DateTime Written);
}
