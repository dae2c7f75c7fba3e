using Tare.Distribution.Repositories;
using Tare.Storage.Content;

namespace Tare.Images.Pull;

/// <summary>A partial blob as the target of a download.</summary>
internal sealed class BlobWriter(PartialBlob blob) : IBlobTarget
{
    public long Count => blob.Count;

    public void Write(ReadOnlySpan<byte> bytes) => blob.Write(bytes);
}
