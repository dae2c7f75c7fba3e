using Microsoft.AspNetCore.Http;
using Tare.Engine.Images;
using Tare.EngineApi.Filters;
using Tare.EngineApi.Images;
using Tare.EngineApi.Json;
using Tare.EngineApi.Server.Protocol;
using Tare.Errors;

namespace Tare.EngineApi.Server.Images;

/// <summary>/images but for archives: list, inspect, history, tag, remove, prune, push.</summary>
internal static class ImageRoutes
{
    private static readonly string[] ListKeys = ["before", "dangling", "label", "reference", "since", "until"];

    public static void Map(RouteTable routes, ImageService images)
    {
        routes.Get("/images/json", request => ListAsync(request, images));
        routes.Post("/images/prune", request => request.AnswerAsync(
            images.Prune(request.Filters("dangling", "label", "label!", "until")), EngineApiJson.Default.ImagesPruneResponse));
        routes.Get("/images/{name*}/json", request => InspectAsync(request, images));
        routes.Get("/images/{name*}/history", request => request.AnswerAsync(images.History(request.Value("name")), EngineApiJson.Default.ListHistoryItem));
        routes.Post("/images/{name*}/tag", request =>
        {
            images.Tag(request.Value("name"), request.Text("repo"), request.Text("tag"));
            return request.AnswerAsync(StatusCodes.Status201Created);
        });
        routes.Post("/images/{name*}/push", request => throw NoRegistries($"push {request.Value("name")}"));
        routes.Delete("/images/{name*}", request => request.AnswerAsync(
            images.Remove(request.Value("name"), request.Flag("force")), EngineApiJson.Default.ListDeleteItem));
    }

    internal static TareException NoRegistries(string what) =>
        new(ErrorKind.NotSupported, $"{what}: registries are not supported by this version");

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
        if (!request.Since(44))
        {
            foreach (ImageSummary image in list)
                image.VirtualSize = image.Size;
        }
        return request.AnswerAsync(list, EngineApiJson.Default.ListImageSummary);
    }

    private static Task InspectAsync(ApiRequest request, ImageService images)
    {
        ImageInspect image = images.Inspect(request.Value("name"));
        if (!request.Since(44))
            image.VirtualSize = image.Size;
        if (!request.Since(48))
            image.Descriptor = null;
        return request.AnswerAsync(image, EngineApiJson.Default.ImageInspect);
    }
}
