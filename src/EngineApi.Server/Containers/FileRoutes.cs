using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tare.Engine;
using Tare.Engine.Containers;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Images;
using Tare.EngineApi.Json;
using Tare.EngineApi.Server.Protocol;
using Tare.Errors;

namespace Tare.EngineApi.Server.Containers;

/// <summary>A container's files: /containers/{id}/archive, /export and /changes, and /commit.</summary>
internal static class FileRoutes
{
    private const string StatHeader = "X-Docker-Container-Path-Stat";

    public static void Map(RouteTable routes, EngineHost engine)
    {
        ContainerServices containers = engine.Containers;
        routes.Head("/containers/{id}/archive", request =>
        {
            Describe(request, containers.Archive);
            return request.AnswerAsync(StatusCodes.Status200OK);
        });
        routes.Get("/containers/{id}/archive", async request =>
        {
            Describe(request, containers.Archive);
            Stream body = await request.StartStreamAsync("application/x-tar");
            await containers.Archive.WriteAsync(request.Value("id"), PathOf(request), body, request.Aborted);
        });
        routes.Put("/containers/{id}/archive", async request =>
        {
            await containers.Archive.ExtractAsync(request.Value("id"), PathOf(request), request.Http.Request.Body,
                request.Flag("noOverwriteDirNonDir"), request.Flag("copyUIDGID"), request.Aborted);
            await request.AnswerAsync(StatusCodes.Status200OK);
        });
        routes.Get("/containers/{id}/export", async request =>
        {
            containers.Export.Check(request.Value("id"));
            Stream body = await request.StartStreamAsync("application/octet-stream");
            await containers.Export.WriteAsync(request.Value("id"), body, request.Aborted);
        });
        routes.Get("/containers/{id}/changes", request => request.AnswerAsync(
            [.. containers.Changes.List(request.Value("id"))], EngineApiJson.Default.ListFilesystemChange));
        routes.Post("/commit", request => CommitAsync(request, engine));
    }

    private static void Describe(ApiRequest request, ContainerArchive archive)
    {
        PathStat stat = archive.Describe(request.Value("id"), PathOf(request));
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(stat, EngineApiJson.Default.PathStat);
        request.Http.Response.Headers[StatHeader] = Convert.ToBase64String(json);
    }

    private static string PathOf(ApiRequest request) =>
        request.Text("path") is { Length: > 0 } path ? path : throw TareException.Invalid("bad parameter: \"path\" cannot be empty");

    private static async Task CommitAsync(ApiRequest request, EngineHost engine)
    {
        ContainerConfig? config = await request.ReadOptionalAsync(EngineApiJson.Default.ContainerConfig);
        string id = await engine.CommitAsync(new CommitWish
        {
            Container = request.Text("container"),
            Repository = request.Text("repo"),
            Tag = request.Text("tag"),
            Author = request.Text("author"),
            Comment = request.Text("comment"),
            Pause = request.Flag("pause", otherwise: true),
            Changes = request.All("changes"),
            Config = config,
        }, request.Aborted);
        await request.AnswerAsync(new IdResponse { Id = id }, EngineApiJson.Default.IdResponse, StatusCodes.Status201Created);
    }
}
