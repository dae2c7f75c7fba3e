namespace Tare.Storage.Snapshots;

/// <summary>How many layers are unpacked at a time: each holds buffers and keeps a processor busy. Thread-safe; waiting blocks the thread.</summary>
internal sealed class UnpackSlots(int count)
{
    private readonly object _changed = new();
    private int _free = count;

    public void Take()
    {
        lock (_changed)
        {
            while (_free == 0)
                _ = Monitor.Wait(_changed);
            _free--;
        }
    }

    public void Return()
    {
        lock (_changed)
        {
            _free++;
            Monitor.Pulse(_changed);
        }
    }
}
