using System.Text.Json;
using Tare.EngineApi.Client.Streams;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Filters;
using Tare.EngineApi.Json;

namespace Tare.EngineApi.Client.Calls;

/// <summary>Calls under /containers.</summary>
public readonly struct ContainerCalls(EngineClient client)
{
    private const string PathStatHeader = "X-Docker-Container-Path-Stat";

    /// <summary>Creates; 404 means that the image is not there.</summary>
    public CreateResponse Create(ReadOnlyMemory<byte> body, string? name, string? platform)
    {
        using EngineResponse response = client.Send(new EngineRequest("POST", "/containers/create").Query("name", name).Query("platform", platform).Json(body));
        return ShortAnswers.ReadCreated(response.ReadBytes().Span);
    }

    /// <summary>Starts a created or stopped container, from a checkpoint when one is named; 304 is no error.</summary>
    public void Start(string id, string? detachKeys = null, string? checkpoint = null, string? checkpointDirectory = null) =>
        client.Do(Post(id, "start").Query("detachKeys", detachKeys).Query("checkpoint", checkpoint).Query("checkpoint-dir", checkpointDirectory));

    /// <summary>Stops with a signal and, after a time in seconds, with SIGKILL.</summary>
    public void Stop(string id, string? signal = null, string? seconds = null) => client.Do(Post(id, "stop").Query("signal", signal).Query("t", seconds));

    /// <summary>Stops and starts.</summary>
    public void Restart(string id, string? signal = null, string? seconds = null) =>
        client.Do(Post(id, "restart").Query("signal", signal).Query("t", seconds));

    /// <summary>Sends a signal to the first process.</summary>
    public void Kill(string id, string? signal) => client.Do(Post(id, "kill").Query("signal", signal));

    /// <summary>Freezes all processes.</summary>
    public void Pause(string id) => client.Do(Post(id, "pause"));

    /// <summary>Lets them go on.</summary>
    public void Unpause(string id) => client.Do(Post(id, "unpause"));

    /// <summary>Gives another name.</summary>
    public void Rename(string id, string name) => client.Do(Post(id, "rename").Query("name", name));

    /// <summary>Sets the terminal's size.</summary>
    public void Resize(string id, int rows, int columns) =>
        client.Do(Post(id, "resize").Query("h", Number(rows)).Query("w", Number(columns)));

    /// <summary>Removes, with its anonymous volumes or its link instead where asked.</summary>
    public void Remove(string id, bool volumes, bool force, bool link) =>
        client.Do(new EngineRequest("DELETE", Path(id)).Query("v", volumes).Query("force", force).Query("link", link));

    /// <summary>Everything about a container, as JSON.</summary>
    public ReadOnlyMemory<byte> InspectRaw(string id, bool size = false)
    {
        using EngineResponse response = client.Send(new EngineRequest("GET", Path(id) + "/json").Query("size", size));
        return response.ReadBytes();
    }

    /// <summary>Everything about a container.</summary>
    public ContainerInspect Inspect(string id) => JsonSerializer.Deserialize(InspectRaw(id).Span, EngineApiJson.Default.ContainerInspect)!;

    /// <summary>The running containers or all of them.</summary>
    public List<ContainerSummary> List(bool all, int? limit = null, bool size = false, FilterSet? filters = null)
    {
        using EngineResponse response = client.Send(new EngineRequest("GET", "/containers/json")
            .Query("all", all).Query("limit", limit is { } n ? Number(n) : null).Query("size", size)
            .Query("filters", filters is { IsEmpty: false } ? filters.ToJson() : null));
        return response.ReadJson(EngineApiJson.Default.ListContainerSummary);
    }

    /// <summary>Takes part in the container's stdio.</summary>
    public HijackedStream Attach(string id, bool stdin, bool stdout, bool stderr, string? detachKeys = null, bool logs = false) =>
        client.Hijack(new EngineRequest("POST", Path(id) + "/attach") { Upgrade = true }
            .Query("stream", "1").Query("stdin", stdin).Query("stdout", stdout).Query("stderr", stderr).Query("logs", logs).Query("detachKeys", detachKeys));

    /// <summary>Begins to wait; the engine has noted it when this returns. The body is a <see cref="WaitResponse"/>.</summary>
    public EngineResponse BeginWait(string id, string? condition) => client.Send(Post(id, "wait").Query("condition", condition));

    /// <summary>Waits for the answer to <see cref="BeginWait"/>.</summary>
    public static WaitResponse EndWait(EngineResponse response) => ShortAnswers.ReadWaited(response.ReadBytes().Span);

    /// <summary>Waits for the exit and returns its code.</summary>
    public WaitResponse Wait(string id, string? condition = null)
    {
        using EngineResponse response = BeginWait(id, condition);
        return EndWait(response);
    }

    /// <summary>Written output, multiplexed unless the container has a terminal.</summary>
    public EngineResponse Logs(string id, LogsQuery query) => client.Send(new EngineRequest("GET", Path(id) + "/logs")
        .Query("stdout", "1").Query("stderr", "1").Query("follow", query.Follow).Query("timestamps", query.Timestamps).Query("details", query.Details)
        .Query("tail", query.Tail).Query("since", query.Since).Query("until", query.Until));

    /// <summary>A table of its processes.</summary>
    public TopResponse Top(string id, string? arguments)
    {
        using EngineResponse response = client.Send(new EngineRequest("GET", Path(id) + "/top").Query("ps_args", arguments));
        return response.ReadJson(EngineApiJson.Default.TopResponse);
    }

    /// <summary>Changes to its file system.</summary>
    public List<FilesystemChange> Changes(string id)
    {
        using EngineResponse response = client.Send(new EngineRequest("GET", Path(id) + "/changes"));
        ReadOnlyMemory<byte> json = response.ReadBytes();
        return JsonSerializer.Deserialize(json.Span, EngineApiJson.Default.ListFilesystemChange) ?? [];
    }

    /// <summary>Its file system as a tar.</summary>
    public EngineResponse Export(string id) => client.Send(new EngineRequest("GET", Path(id) + "/export"));

    /// <summary>Samples of use, endless or one.</summary>
    public EngineResponse Stats(string id, bool stream) =>
        client.Send(new EngineRequest("GET", Path(id) + "/stats").Query("stream", stream ? "1" : "0"));

    /// <summary>Changes limits.</summary>
    public UpdateResponse Update(string id, UpdateRequest request)
    {
        using EngineResponse response = client.Send(Post(id, "update").Json(request, EngineApiJson.Default.UpdateRequest));
        return response.ReadJson(EngineApiJson.Default.UpdateResponse);
    }

    /// <summary>What a path in the container is.</summary>
    public PathStat StatPath(string id, string path)
    {
        using EngineResponse response = client.Send(new EngineRequest("HEAD", Path(id) + "/archive").Query("path", path));
        return ReadPathStat(response);
    }

    /// <summary>A path in the container as a tar, and what it is.</summary>
    public EngineResponse ReadArchive(string id, string path, out PathStat stat)
    {
        EngineResponse response = client.Send(new EngineRequest("GET", Path(id) + "/archive").Query("path", path));
        stat = ReadPathStat(response);
        return response;
    }

    /// <summary>Unpacks a tar in a directory of the container.</summary>
    public void WriteArchive(string id, string directory, bool copyOwners, Action<Stream> tar) =>
        client.Do(new EngineRequest("PUT", Path(id) + "/archive").Query("path", directory).Query("noOverwriteDirNonDir", "true")
            .Query("copyUIDGID", copyOwners).Stream("application/x-tar", tar));

    /// <summary>Removes stopped containers.</summary>
    public ContainersPruneResponse Prune(FilterSet filters)
    {
        using EngineResponse response = client.Send(new EngineRequest("POST", "/containers/prune").Query("filters", filters.IsEmpty ? null : filters.ToJson()));
        return response.ReadJson(EngineApiJson.Default.ContainersPruneResponse);
    }

    /// <summary>Path of a container.</summary>
    public static string Path(string id) => "/containers/" + EngineRequest.Escape(id);

    private static EngineRequest Post(string id, string verb) => new("POST", Path(id) + "/" + verb);

    private static string Number(int n) => n.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static PathStat ReadPathStat(EngineResponse response)
    {
        byte[] json = Convert.FromBase64String(response.Header(PathStatHeader) ?? throw new IOException($"the engine's answer has no {PathStatHeader}"));
        return JsonSerializer.Deserialize(json, EngineApiJson.Default.PathStat)!;
    }
}
