using Microsoft.AspNetCore.Http;
using Tare.Engine.Containers;
using Tare.EngineApi.Containers;
using Tare.EngineApi.Filters;
using Tare.EngineApi.Json;
using Tare.EngineApi.Server.Protocol;
using Tare.Errors;

namespace Tare.EngineApi.Server.Containers;

/// <summary>/containers: list, create, inspect, update, rename, top, resize, remove, prune.</summary>
internal static class ContainerRoutes
{
    public static void Map(RouteTable routes, ContainerServices containers)
    {
        routes.Get("/containers/json", request => ListAsync(request, containers));
        routes.Post("/containers/create", request => CreateAsync(request, containers));
        routes.Post("/containers/prune", async request => await request.AnswerAsync(
            await containers.Prune.RunAsync(request.Filters("label", "label!", "until")), EngineApiJson.Default.ContainersPruneResponse));
        routes.Get("/containers/{id*}/json", request => InspectAsync(request, containers));
        routes.Get("/containers/{id}/top", request => request.AnswerAsync(
            containers.Top.Run(request.Value("id"), request.Query("ps_args")), EngineApiJson.Default.TopResponse));
        routes.Post("/containers/{id}/update", async request =>
        {
            UpdateRequest body = await request.ReadAsync(EngineApiJson.Default.UpdateRequest);
            OlderClients.Adapt(request, body);
            await request.AnswerAsync(await containers.Update.RunAsync(request.Value("id"), body), EngineApiJson.Default.UpdateResponse);
        });
        routes.Post("/containers/{id}/rename", async request =>
        {
            await containers.Rename.RunAsync(request.Value("id"), request.Text("name"));
            await request.AnswerAsync();
        });
        routes.Post("/containers/{id}/resize", async request =>
        {
            await containers.Resize.RunAsync(request.Value("id"), request.Number("h") ?? 0, request.Number("w") ?? 0);
            await request.AnswerAsync(StatusCodes.Status200OK);
        });
        routes.Delete("/containers/{id*}", async request =>
        {
            if (request.Flag("link"))
                await containers.Remove.RemoveLinkAsync(request.Value("id"));
            else
                await containers.Remove.RunAsync(request.Value("id"), request.Flag("force"), request.Flag("v"));
            await request.AnswerAsync();
        });
    }

    private static Task ListAsync(ApiRequest request, ContainerServices containers)
    {
        // Which keys are allowed, the list itself knows.
        if (!FilterSet.TryParse(request.Query("filters"), out FilterSet filters))
            throw TareException.Invalid("invalid filters: neither {\"key\":[\"value\"]} nor {\"key\":{\"value\":true}}");
        var options = new ContainerListOptions(request.Flag("all"), Math.Max(0, request.Number("limit") ?? 0), request.Flag("size"), filters);
        List<ContainerSummary> list = containers.List.Run(options);
        OlderClients.Adapt(request, list);
        return request.AnswerAsync(list, EngineApiJson.Default.ListContainerSummary);
    }

    private static async Task CreateAsync(ApiRequest request, ContainerServices containers)
    {
        CreateRequest body = await request.ReadAsync(EngineApiJson.Default.CreateRequest);
        OlderClients.Adapt(request, body);
        request.Note("image", body.Image);
        request.Note("command", string.Join(' ', [.. body.Entrypoint ?? [], .. body.Cmd ?? []]));
        if (body.HostConfig?.Privileged == true)
            request.Note("privileged", "true");
        CreateResponse made = await containers.Create.RunAsync(request.Query("name"), request.Since(41) ? request.Query("platform") : null, body);
        request.Note("container", made.Id);
        await request.AnswerAsync(made, EngineApiJson.Default.CreateResponse, StatusCodes.Status201Created);
    }

    private static Task InspectAsync(ApiRequest request, ContainerServices containers)
    {
        ContainerInspect container = containers.Inspect.Run(request.Value("id"), request.Flag("size"));
        OlderClients.Adapt(request, container);
        return request.AnswerAsync(container, EngineApiJson.Default.ContainerInspect);
    }
}
