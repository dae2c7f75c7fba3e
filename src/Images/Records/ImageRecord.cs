using System.Text.Json.Serialization;
using Tare.Images.Trust;
using Tare.Oci;
using Tare.Oci.Image;

namespace Tare.Images.Records;

/// <summary>What the database keeps of an image beside its documents in the content store.</summary>
internal sealed record ImageRecord
{
    public required Descriptor Manifest { get; init; }
    public required long[] LayerSizes { get; init; }
    public Digest? Parent { get; init; }
    public DateTimeOffset LastTagged { get; init; }
}

/// <summary>Source-generated JSON of the image records.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(ImageRecord))]
[JsonSerializable(typeof(PullRecord))]
[JsonSerializable(typeof(Digest))]
[JsonSerializable(typeof(LayerForm))]
[JsonSerializable(typeof(SignatureRecord))]
internal sealed partial class ImageRecordJson : JsonSerializerContext;
