using System.Text.Json;
using Tare.EngineApi.Execs;

namespace Tare.EngineApi.Json;

/// <summary>Writes the bodies of an exec's calls without the serializer's metadata, a quarter of what the command line needs for an exec; see <see cref="CreateRequestWriter"/>.</summary>
public static class ExecRequestWriter
{
    /// <summary>Body of POST /containers/{id}/exec as UTF-8.</summary>
    public static byte[] Write(ExecCreateRequest request)
    {
        using var buffer = new MemoryStream(512);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("User"u8, request.User);
            writer.WriteBoolean("Privileged"u8, request.Privileged);
            writer.WriteBoolean("Tty"u8, request.Tty);
            Size(writer, request.ConsoleSize);
            writer.WriteBoolean("AttachStdin"u8, request.AttachStdin);
            writer.WriteBoolean("AttachStderr"u8, request.AttachStderr);
            writer.WriteBoolean("AttachStdout"u8, request.AttachStdout);
            writer.WriteString("DetachKeys"u8, request.DetachKeys);
            CreateRequestWriter.List(writer, "Env"u8, request.Env);
            writer.WriteString("WorkingDir"u8, request.WorkingDir);
            CreateRequestWriter.List(writer, "Cmd"u8, request.Cmd);
            writer.WriteEndObject();
        }
        return buffer.ToArray();
    }

    /// <summary>Body of POST /exec/{id}/start as UTF-8.</summary>
    public static byte[] Write(ExecStartRequest request)
    {
        using var buffer = new MemoryStream(64);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteBoolean("Detach"u8, request.Detach);
            writer.WriteBoolean("Tty"u8, request.Tty);
            Size(writer, request.ConsoleSize);
            writer.WriteEndObject();
        }
        return buffer.ToArray();
    }

    private static void Size(Utf8JsonWriter writer, List<uint>? heightAndWidth)
    {
        if (heightAndWidth is null)
            return;
        writer.WriteStartArray("ConsoleSize"u8);
        foreach (uint side in heightAndWidth)
            writer.WriteNumberValue(side);
        writer.WriteEndArray();
    }
}
