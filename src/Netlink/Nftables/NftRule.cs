namespace Tare.Netlink.Nftables;

/// <summary>Registers of the nf_tables machine, four bytes each; a 16-byte value fills four.</summary>
public enum NftRegister
{
    Verdict = 0,
    R0 = 8,
    R1 = 9,
    R2 = 10,
    R3 = 11,
    R4 = 12,
    R5 = 13,
    R6 = 14,
    R7 = 15,
}

/// <summary>Packet properties that `meta` loads.</summary>
public enum NftMeta
{
    InputName = 6,
    OutputName = 7,
    Family = 15,
    Protocol = 16,
}

/// <summary>What a rule decides.</summary>
public enum NftVerdict
{
    Drop = 0,
    Accept = 1,
    Jump = -3,
    Return = -5,
}

/// <summary>
/// The expressions of one rule, written in the order in which the kernel runs them; each method adds one. Reads like the rule: load, compare,
/// look up, decide.
/// </summary>
public sealed class NftRule
{
    internal const byte Ipv4 = 2;
    internal const byte Ipv6 = 10;
    private readonly List<Action<MessageBuilder>> _expressions = [];

    /// <summary>Loads a packet property.</summary>
    public NftRule Meta(NftMeta key, NftRegister into) => Add("meta", m => m.PutBig(1, (int)into).PutBig(2, (int)key));

    /// <summary>Loads header bytes; base 1 is the network header, 2 the transport header.</summary>
    public NftRule Payload(int @base, int offset, int length, NftRegister into) =>
        Add("payload", m => m.PutBig(1, (int)into).PutBig(2, @base).PutBig(3, offset).PutBig(4, length));

    /// <summary>Loads conntrack's state (0) or status (2) bits.</summary>
    public NftRule Conntrack(int key, NftRegister into) => Add("ct", m => m.PutBig(1, (int)into).PutBig(2, key));

    /// <summary>Loads what kind of address the destination is to this host (RTN_…).</summary>
    public NftRule DestinationKind(NftRegister into) => Add("fib", m => m.PutBig(1, (int)into).PutBig(2, 3).PutBig(3, 2));

    /// <summary>Goes on only when the register (not) equals a value.</summary>
    public NftRule Compare(NftRegister register, ReadOnlySpan<byte> value, bool equal = true)
    {
        byte[] bytes = value.ToArray();
        return Add("cmp", m =>
        {
            _ = m.PutBig(1, (int)register).PutBig(2, equal ? 0 : 1);
            PutData(m, 3, bytes);
        });
    }

    /// <summary>Masks a register of up to 16 bytes in place.</summary>
    public NftRule Mask(NftRegister register, ReadOnlySpan<byte> mask)
    {
        byte[] bytes = mask.ToArray();
        return Add("bitwise", m =>
        {
            _ = m.PutBig(1, (int)register).PutBig(2, (int)register).PutBig(3, bytes.Length);
            PutData(m, 4, bytes);
            PutData(m, 5, new byte[bytes.Length]);
        });
    }

    /// <summary>Goes on only when the key is (not) in a set.</summary>
    public NftRule In(NftSet set, NftRegister key, bool inverted = false) => Add("lookup", m =>
    {
        _ = m.Put(1, set.Name).PutBig(2, (int)key).PutBig(4, set.Id);
        if (inverted)
            _ = m.PutBig(5, 1);
    });

    /// <summary>Loads a map's value for a key, or goes to the next rule when there is none.</summary>
    public NftRule Map(NftSet map, NftRegister key, NftRegister into) =>
        Add("lookup", m => m.Put(1, map.Name).PutBig(2, (int)key).PutBig(3, (int)into).PutBig(4, map.Id));

    /// <summary>Rewrites the destination from registers; without a port register the port stays.</summary>
    public NftRule DestinationNat(bool ipv6, NftRegister address, NftRegister? port) => Add("nat", m =>
    {
        _ = m.PutBig(1, 1).PutBig(2, ipv6 ? Ipv6 : Ipv4).PutBig(3, (int)address);
        if (port is { } register)
            _ = m.PutBig(5, (int)register);
    });

    /// <summary>Rewrites the source to the address of the outgoing interface.</summary>
    public NftRule Masquerade() => Add("masq", _ => { });

    /// <summary>Ends with a verdict.</summary>
    public NftRule Verdict(NftVerdict verdict, string? chain = null) => Add("immediate", m =>
    {
        _ = m.PutBig(1, (int)NftRegister.Verdict);
        int data = m.Nest(2);
        int inner = m.Nest(2); // NFTA_DATA_VERDICT
        _ = m.PutBig(1, (int)verdict);
        if (chain is not null)
            _ = m.Put(2, chain);
        _ = m.Unnest(inner).Unnest(data);
    });

    /// <summary>Goes on for packets of one family only.</summary>
    public NftRule Family(bool ipv6) => Meta(NftMeta.Family, NftRegister.R0).Compare(NftRegister.R0, [ipv6 ? Ipv6 : Ipv4]);

    internal void Write(MessageBuilder messages, int attribute)
    {
        int list = messages.Nest(attribute);
        foreach (Action<MessageBuilder> expression in _expressions)
        {
            int element = messages.Nest(1);
            expression(messages);
            _ = messages.Unnest(element);
        }
        _ = messages.Unnest(list);
    }

    internal static void PutData(MessageBuilder messages, int attribute, ReadOnlySpan<byte> value)
    {
        int data = messages.Nest(attribute);
        _ = messages.Put(1, value).Unnest(data);
    }

    private NftRule Add(string name, Action<MessageBuilder> body)
    {
        _expressions.Add(m =>
        {
            _ = m.Put(1, name);
            int data = m.Nest(2);
            body(m);
            _ = m.Unnest(data);
        });
        return this;
    }
}
