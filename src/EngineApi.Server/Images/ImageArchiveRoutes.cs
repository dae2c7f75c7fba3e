using Tare.Engine;
using Tare.Engine.Images;
using Tare.Engine.Registries;
using Tare.EngineApi.Json;
using Tare.EngineApi.Progress;
using Tare.EngineApi.Server.Protocol;
using Tare.Errors;

namespace Tare.EngineApi.Server.Images;

/// <summary>Images as archives: /images/load, /images/get, /images/{name}/get and /images/create.</summary>
internal static class ImageArchiveRoutes
{
    public static void Map(RouteTable routes, EngineHost engine)
    {
        ImageTransfer transfer = engine.ImageTransfer;
        routes.Post("/images/load", request => LoadAsync(request, transfer));
        routes.Get("/images/get", request => SaveAsync(request, transfer, request.All("names")));
        routes.Get("/images/{name*}/get", request => SaveAsync(request, transfer, [request.Value("name")]));
        routes.Post("/images/create", request => CreateAsync(request, engine));
    }

    private static Task LoadAsync(ApiRequest request, ImageTransfer transfer) => ProgressAsync(request, async () =>
    {
        foreach (string line in await transfer.LoadAsync(request.Http.Request.Body, request.Aborted))
            await WriteAsync(request, new ProgressMessage { Stream = line + "\n" });
    });

    private static async Task SaveAsync(ApiRequest request, ImageTransfer transfer, IReadOnlyList<string> names)
    {
        if (names.Count == 0)
            throw TareException.Invalid("save images: no image is named");
        using PreparedSave save = transfer.PrepareSave(names);
        Stream body = await request.StartStreamAsync("application/x-tar");
        await save.WriteAsync(body, request.Aborted);
    }

    private static Task CreateAsync(ApiRequest request, EngineHost engine)
    {
        if (request.Text("fromImage") is { Length: > 0 } image)
        {
            var wish = new PullWish(image, request.Text("tag"), request.Text("platform"), RegistryRoutes.Auth(request));
            return ProgressAnswer.RunAsync(request, (report, cancel) => engine.Pulls.RunAsync(wish, report, cancel));
        }
        ImageTransfer transfer = engine.ImageTransfer;
        string source = request.Text("fromSrc");
        if (source != "-")
            throw new TareException(ErrorKind.NotSupported, $"import {source}: only an archive in the request's body (fromSrc=-) is supported");
        var options = new ImportOptions(
            request.Text("repo"), request.Text("tag"), request.All("changes"), request.Text("message"), Architecture(request.Text("platform")));
        return ProgressAsync(request, async () =>
        {
            string id = await transfer.ImportAsync(request.Http.Request.Body, options, request.Aborted);
            await WriteAsync(request, new ProgressMessage { Status = id });
        });
    }

    /// <summary>
    /// Answers with a stream of progress. A failure before its first message is an ordinary error; a later one is the stream's last message.
    /// </summary>
    private static async Task ProgressAsync(ApiRequest request, Func<Task> work)
    {
        request.Http.Response.ContentType = "application/json";
        try
        {
            await work();
        }
        catch (TareException error) when (request.Http.Response.HasStarted)
        {
            await WriteAsync(request, ProgressMessage.Failure(TareException.Describe(error)));
        }
    }

    private static Task WriteAsync(ApiRequest request, ProgressMessage message) => request.WriteLineAsync(message, EngineApiJson.Default.ProgressMessage);

    /// <summary>"linux/arm64/v8" or "arm64"; null for this machine's.</summary>
    private static string? Architecture(string platform)
    {
        string[] parts = platform.Split('/');
        return platform.Length == 0 ? null : parts.Length == 1 ? parts[0] : parts[1];
    }
}
