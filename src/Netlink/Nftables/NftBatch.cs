using System.Buffers.Binary;

namespace Tare.Netlink.Nftables;

/// <summary>Where a base chain hooks into the packet path.</summary>
public enum NftHook
{
    PreRouting = 0,
    Input = 1,
    Forward = 2,
    Output = 3,
    PostRouting = 4,
}

/// <summary>
/// One nf_tables transaction of the inet family: all of it takes effect at once, or nothing. Built by one thread, sent with
/// <see cref="NftSocket.Commit"/>.
/// </summary>
public sealed class NftBatch
{
    internal const int Subsystem = 10 << 8;
    internal const byte Inet = 1;
    private const int BatchBegin = 0x10;
    private const int BatchEnd = 0x11;
    private const int ElementsPerMessage = 256;
    private const int InterfaceNameType = 41;
    private static readonly byte[] Header = [Inet, 0, 0, 0];
    private readonly string _table;
    private readonly MessageBuilder _messages = new();

    /// <summary>Starts a transaction on one table. With a generation, the kernel refuses it (ERESTART) when the rule set changed since.</summary>
    public NftBatch(string table, uint? generation = null)
    {
        _table = table;
        byte[] header = [0, 0, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), 10);
        _ = _messages.Begin(BatchBegin, MessageFlags.None, header);
        if (generation is { } id)
            _ = _messages.PutBig(1, (int)id);
    }

    /// <summary>How many changes the transaction holds.</summary>
    public int Count => _messages.Count - 1;

    /// <summary>Makes the table unless it exists.</summary>
    public NftBatch AddTable()
    {
        _ = Begin(0, MessageFlags.Create).Put(1, _table).PutBig(2, 0);
        return this;
    }

    /// <summary>Deletes the table with all it holds; it must exist.</summary>
    public NftBatch DeleteTable()
    {
        _ = Begin(2, MessageFlags.None).Put(1, _table);
        return this;
    }

    /// <summary>Adds a chain that others jump to.</summary>
    public NftBatch AddChain(string name)
    {
        _ = Begin(3, MessageFlags.Create).Put(1, _table).Put(3, name);
        return this;
    }

    /// <summary>Adds a base chain (policy accept); <paramref name="type"/> is "filter" or "nat".</summary>
    public NftBatch AddBaseChain(string name, string type, NftHook hook, int priority)
    {
        _ = Begin(3, MessageFlags.Create).Put(1, _table).Put(3, name);
        int nested = _messages.Nest(4);
        _ = _messages.PutBig(1, (int)hook).PutBig(2, priority).Unnest(nested).PutBig(5, 1).Put(7, type);
        return this;
    }

    /// <summary>Appends a rule to a chain.</summary>
    public NftBatch AddRule(string chain, NftRule rule)
    {
        _ = Begin(6, MessageFlags.Create | MessageFlags.Append).Put(1, _table).Put(2, chain);
        rule.Write(_messages, 4);
        return this;
    }

    /// <summary>Adds a named set or map.</summary>
    public NftBatch AddSet(NftSet set)
    {
        _ = Begin(9, MessageFlags.Create).Put(1, _table).Put(2, set.Name).PutBig(3, set.Flags)
            .PutBig(4, TypeOf(set.Key)).PutBig(5, set.Key.Sum(f => set.Key.Length > 1 ? f.Padded : f.Length));
        if (set.IsMap)
            _ = _messages.PutBig(6, TypeOf(set.Value)).PutBig(7, set.Value.Sum(f => set.Value.Length > 1 ? f.Padded : f.Length));
        _ = _messages.PutBig(10, set.Id);
        // For nft's own listing: a name is text, not a number in network order (NFTNL_UDATA_SET_KEYBYTEORDER 0, host order 1).
        if (set.Key is [{ Type: InterfaceNameType }])
            _ = _messages.Put(13, [0, 4, 1, 0, 0, 0]);
        // Only sets whose fields are ranges describe them; the kernel refuses it for others.
        if (set.Key.Length < 2 || !set.Interval)
            return this;
        int description = _messages.Nest(9);
        int concatenation = _messages.Nest(2);
        foreach (NftField field in set.Key)
        {
            int element = _messages.Nest(1);
            _ = _messages.PutBig(1, field.Length).Unnest(element);
        }
        _ = _messages.Unnest(concatenation).Unnest(description);
        return this;
    }

    /// <summary>Adds elements; one that is there already with the same data is no error.</summary>
    public NftBatch AddElements(NftSet set, IReadOnlyCollection<NftElement> elements) => Elements(12, MessageFlags.Create, set, elements);

    /// <summary>Removes elements; each must be there.</summary>
    public NftBatch RemoveElements(NftSet set, IReadOnlyCollection<NftElement> elements) => Elements(14, MessageFlags.None, set, elements);

    internal MessageBuilder Complete()
    {
        _messages.AddFlags(MessageFlags.Acknowledge);
        byte[] header = [0, 0, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), 10);
        return _messages.Begin(BatchEnd, MessageFlags.None, header);
    }

    private NftBatch Elements(int type, MessageFlags flags, NftSet set, IReadOnlyCollection<NftElement> elements)
    {
        foreach (NftElement[] chunk in elements.Chunk(ElementsPerMessage))
        {
            _ = Begin(type, flags).Put(1, _table).Put(2, set.Name).PutBig(4, set.Id);
            int list = _messages.Nest(3);
            foreach (NftElement element in chunk)
                WriteElement(set, element);
            _ = _messages.Unnest(list);
        }
        return this;
    }

    private void WriteElement(NftSet set, NftElement element)
    {
        bool concatenated = set.Interval && set.Key.Length > 1;
        int item = _messages.Nest(1);
        NftRule.PutData(_messages, 1, element.Key);
        if (concatenated)
            NftRule.PutData(_messages, 10, element.KeyEnd ?? element.Key);
        if (element.Value is not null)
            NftRule.PutData(_messages, 2, element.Value);
        _ = _messages.Unnest(item);
        if (!set.Interval || concatenated)
            return;
        // A range of a single field is a start and, one past its end, an element flagged as such; a range up to the top has no end.
        byte[] end = (element.KeyEnd ?? element.Key).ToArray();
        if (!Increment(end))
            return;
        item = _messages.Nest(1);
        NftRule.PutData(_messages, 1, end);
        _ = _messages.PutBig(3, 1).Unnest(item);
    }

    private static bool Increment(byte[] number)
    {
        for (int i = number.Length - 1; i >= 0; i--)
        {
            if (++number[i] != 0)
                return true;
        }
        return false;
    }

    private static int TypeOf(NftField[] fields)
    {
        int type = 0;
        foreach (NftField field in fields)
            type = (type << 6) | field.Type;
        return type;
    }

    private MessageBuilder Begin(int type, MessageFlags flags) => _messages.Begin(Subsystem | type, flags, Header);
}
