using System.Numerics;
using Tare.Linux;

namespace Tare.Keeper.Protocol;

/// <summary>
/// The engine's copies of what running processes would lose with their keeper: the writing end of their input, their terminal, and what is in their
/// output pipes. Thread-safe; outlives the connections to one keeper and the next.
/// </summary>
public sealed class HeldStreams : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Dictionary<HeldStream, FileDescriptor>> _byKey = new(StringComparer.Ordinal);

    /// <summary>Takes a process's descriptors, in the order of the flags; what was held of it before goes.</summary>
    internal void Keep(string key, HeldStream kinds, IReadOnlyList<FileDescriptor> descriptors)
    {
        Drop(key, ~HeldStream.None);
        if (kinds == HeldStream.None || BitOperations.PopCount((uint)kinds) != descriptors.Count)
            return;
        Dictionary<HeldStream, FileDescriptor> held = [];
        for (uint bit = 1; bit <= (uint)HeldStream.Error; bit <<= 1)
            if (((uint)kinds & bit) != 0)
                held[(HeldStream)bit] = descriptors[held.Count];
        lock (_lock)
            _byKey[key] = held;
    }

    /// <summary>Adds those of the wanted descriptors that are held, and says which.</summary>
    internal HeldStream Find(string key, HeldStream wanted, List<FileDescriptor> found)
    {
        HeldStream kinds = HeldStream.None;
        lock (_lock)
        {
            if (!_byKey.TryGetValue(key, out Dictionary<HeldStream, FileDescriptor>? held))
                return kinds;
            foreach ((HeldStream kind, FileDescriptor fd) in held.Where(pair => (pair.Key & wanted) != 0).OrderBy(pair => pair.Key))
            {
                kinds |= kind;
                found.Add(fd);
            }
        }
        return kinds;
    }

    /// <summary>Closes some of a process's descriptors.</summary>
    internal void Drop(string key, HeldStream kinds)
    {
        lock (_lock)
        {
            if (!_byKey.TryGetValue(key, out Dictionary<HeldStream, FileDescriptor>? held))
                return;
            foreach (HeldStream kind in held.Keys.Where(kind => (kind & kinds) != 0).ToArray())
            {
                held[kind].Dispose();
                _ = held.Remove(kind);
            }
            if (held.Count == 0)
                _ = _byKey.Remove(key);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (string key in _byKey.Keys.ToArray())
            Drop(key, ~HeldStream.None);
    }
}
