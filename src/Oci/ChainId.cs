using System.Text;

namespace Tare.Oci;

/// <summary>Names of stacks of layers (image-spec, config.md, "Layer ChainID"). Pure.</summary>
public static class ChainId
{
    /// <summary>The name of a layer on top of a stack; the layer's own diffID when there is nothing below it.</summary>
    public static Digest Of(Digest? parent, Digest diffId) => parent is null ? diffId : Digest.Of(Encoding.ASCII.GetBytes($"{parent} {diffId}"));

    /// <summary>The chain ids of a whole image, bottom layer first.</summary>
    public static IReadOnlyList<Digest> OfAll(IEnumerable<Digest> diffIds)
    {
        var chain = new List<Digest>();
        foreach (Digest diffId in diffIds)
            chain.Add(Of(chain.Count == 0 ? null : chain[^1], diffId));
        return chain;
    }
}
