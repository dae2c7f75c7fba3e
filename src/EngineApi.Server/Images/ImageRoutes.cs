using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tare.Engine;
using Tare.Engine.Images;
using Tare.Engine.Registries;
using Tare.EngineApi.Filters;
using Tare.EngineApi.Images;
using Tare.EngineApi.Json;
using Tare.EngineApi.Progress;
using Tare.EngineApi.Server.Protocol;
using Tare.Errors;

namespace Tare.EngineApi.Server.Images;

/// <summary>/images but for archives: list, inspect, history, tag, remove, prune, push.</summary>
internal static class ImageRoutes
{
    private static readonly string[] ListKeys = ["before", "dangling", "label", "reference", "since", "until"];

    public static void Map(RouteTable routes, EngineHost engine)
    {
        ImageService images = engine.Images;
        routes.Get("/images/json", request => ListAsync(request, images));
        routes.Post("/images/prune", request => request.AnswerAsync(
            images.Prune(request.Filters("dangling", "label", "label!", "until")), EngineApiJson.Default.ImagesPruneResponse));
        routes.Get("/images/{name*}/json", request => InspectAsync(request, images));
        routes.Get("/images/{name*}/history", request => request.AnswerAsync(images.History(request.Value("name")), EngineApiJson.Default.ListHistoryItem));
        routes.Get("/images/{name*}/attestations", request => AttestationsAsync(request, images));
        routes.Post("/images/{name*}/tag", request =>
        {
            images.Tag(request.Value("name"), request.Text("repo"), request.Text("tag"));
            return request.AnswerAsync(StatusCodes.Status201Created);
        });
        routes.Post("/images/{name*}/push", request =>
        {
            var wish = new PushWish(request.Value("name"), request.Text("tag"), Platform(request.Query("platform")), RegistryRoutes.Auth(request));
            return ProgressAnswer.RunAsync(request, (report, cancel) => engine.Pushes.RunAsync(wish, report, cancel));
        });
        routes.Post("/tare/verify", request => ProgressAnswer.RunAsync(request, (report, cancel) => VerifyAsync(request, engine, report, cancel)));
        routes.Delete("/images/{name*}", request => request.AnswerAsync(
            images.Remove(request.Value("name"), request.Flag("force")), EngineApiJson.Default.ListDeleteItem));
    }

    /// <summary>A platform as text, or as the JSON object that newer clients send.</summary>
    internal static string? Platform(string? text)
    {
        if (string.IsNullOrEmpty(text) || !text.StartsWith('{'))
            return string.IsNullOrEmpty(text) ? null : text;
        try
        {
            ImagePlatform wanted = JsonSerializer.Deserialize(text, EngineApiJson.Default.ImagePlatform)!;
            return $"{wanted.Os}/{wanted.Architecture}" + (string.IsNullOrEmpty(wanted.Variant) ? "" : $"/{wanted.Variant}");
        }
        catch (JsonException error)
        {
            throw TareException.Invalid($"invalid platform: {error.Message}");
        }
    }

    private static Task AttestationsAsync(ApiRequest request, ImageService images)
    {
        IReadOnlyList<string> platforms = request.All("platform");
        if (platforms.Count > 1)
            throw TareException.Invalid("only one platform value is currently supported");
        return request.AnswerAsync(
            images.Attestations(request.Value("name"), Platform(platforms.Count == 1 ? platforms[0] : null), request.All("type"), request.Flag("statement")),
            EngineApiJson.Default.ListAttestationStatement);
    }

    private static async Task VerifyAsync(ApiRequest request, EngineHost engine, Action<ProgressMessage> report, CancellationToken cancel)
    {
        IReadOnlyList<DamageLine> damages = await engine.Verification.RunAsync(
            request.All("image"), request.Flag("heal"), step => report(new ProgressMessage { Status = "Verifying", Id = step }), cancel);
        foreach (DamageLine damage in damages)
            report(new ProgressMessage { Stream = $"{damage.Text}{(damage.Healed ? ": healed" : "")}\n" });
        if (damages.Count(d => !d.Healed) is var left and > 0)
            throw TareException.Internal($"{left} of {damages.Count} damages are not healed");
        report(new ProgressMessage { Stream = damages.Count == 0 ? "everything is as its digests say\n" : "all damages are healed\n" });
    }

    private static Task ListAsync(ApiRequest request, ImageService images)
    {
        FilterSet filters = request.Filters(ListKeys);
        // A single name was a parameter of its own before API 1.25.
        if (request.Query("filter") is { Length: > 0 } name && !request.Since(25))
            filters.Add("reference", name);
        List<ImageSummary> list = images.List(filters);
        if (request.Flag("shared-size"))
        {
            var shared = images.Usage().ToDictionary(image => image.Id, image => image.SharedSize);
            foreach (ImageSummary image in list)
                image.SharedSize = shared.GetValueOrDefault(image.Id, -1);
        }
        if (request.Flag("manifests"))
            images.AddManifests(list);
        if (!request.Since(44))
        {
            foreach (ImageSummary image in list)
                image.VirtualSize = image.Size;
        }
        return request.AnswerAsync(list, EngineApiJson.Default.ListImageSummary);
    }

    private static Task InspectAsync(ApiRequest request, ImageService images)
    {
        ImageInspect image = images.Inspect(request.Value("name"), Platform(request.Query("platform")));
        if (!request.Since(44))
            image.VirtualSize = image.Size;
        if (!request.Since(48))
            image.Descriptor = null;
        return request.AnswerAsync(image, EngineApiJson.Default.ImageInspect);
    }
}
