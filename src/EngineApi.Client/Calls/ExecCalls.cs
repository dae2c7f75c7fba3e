using Tare.EngineApi.Client.Streams;
using Tare.EngineApi.Execs;
using Tare.EngineApi.Json;

namespace Tare.EngineApi.Client.Calls;

/// <summary>Calls on further processes in a container.</summary>
public readonly struct ExecCalls(EngineClient client)
{
    /// <summary>Prepares a process and returns its id.</summary>
    public string Create(string container, ExecCreateRequest request)
    {
        using EngineResponse response = client.Send(
            new EngineRequest("POST", ContainerCalls.Path(container) + "/exec").Json(ExecRequestWriter.Write(request)));
        return ShortAnswers.ReadCreated(response.ReadBytes().Span).Id;
    }

    /// <summary>Starts it without its stdio.</summary>
    public void StartDetached(string id, ExecStartRequest request) => client.Do(Start(id, request, upgrade: false));

    /// <summary>Starts it and takes its stdio.</summary>
    public HijackedStream StartAttached(string id, ExecStartRequest request) => client.Hijack(Start(id, request, upgrade: true));

    /// <summary>Sets the terminal's size.</summary>
    public void Resize(string id, int rows, int columns) =>
        client.Do(new EngineRequest("POST", $"/exec/{EngineRequest.Escape(id)}/resize").Query("h", $"{rows}").Query("w", $"{columns}"));

    /// <summary>How it ended; null while it runs.</summary>
    public int? ExitCode(string id)
    {
        using EngineResponse response = client.Send(new EngineRequest("GET", $"/exec/{EngineRequest.Escape(id)}/json"));
        return ShortAnswers.ReadExitCode(response.ReadBytes().Span);
    }

    private static EngineRequest Start(string id, ExecStartRequest request, bool upgrade) =>
        new EngineRequest("POST", $"/exec/{EngineRequest.Escape(id)}/start") { Upgrade = upgrade }.Json(ExecRequestWriter.Write(request));
}
