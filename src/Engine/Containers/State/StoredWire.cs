using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Json;
using Tare.EngineApi.Networks;

namespace Tare.Engine.Containers.State;

/// <summary>Wire types inside stored records: read and written by their own serializer, in one pass over the text.</summary>
internal static class StoredWire
{
    [JsonConverter(typeof(Converter))]
    internal sealed record Config(ContainerConfig Value)
    {
        internal sealed class Converter() : Converter<Config, ContainerConfig>(EngineApiJson.Default.ContainerConfig, value => new(value), stored => stored.Value);
    }

    [JsonConverter(typeof(Converter))]
    internal sealed record Host(HostConfig Value)
    {
        internal sealed class Converter() : Converter<Host, HostConfig>(EngineApiJson.Default.HostConfig, value => new(value), stored => stored.Value);
    }

    [JsonConverter(typeof(Converter))]
    internal sealed record Endpoint(EndpointSettings Value)
    {
        internal sealed class Converter() : Converter<Endpoint, EndpointSettings>(EngineApiJson.Default.EndpointSettings, value => new(value), stored => stored.Value);
    }

    internal abstract class Converter<TStored, T>(JsonTypeInfo<T> type, Func<T, TStored> store, Func<TStored, T> load) : JsonConverter<TStored>
    {
        public override TStored Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => store(JsonSerializer.Deserialize(ref reader, type)!);

        public override void Write(Utf8JsonWriter writer, TStored value, JsonSerializerOptions options) => JsonSerializer.Serialize(writer, load(value), type);
    }
}
