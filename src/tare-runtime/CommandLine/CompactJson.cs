using System.Text.Json.Serialization;

namespace Tare.Runtime.CommandLine;

/// <summary>Documents that are written in one line.</summary>
[JsonSerializable(typeof(List<int>))]
internal sealed partial class CompactJson : JsonSerializerContext;
