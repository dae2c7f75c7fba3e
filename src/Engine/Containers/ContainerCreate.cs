using System.Runtime.InteropServices;
using Tare.Engine.Containers.Create;
using Tare.Engine.Containers.Links;
using Tare.Engine.Containers.Logs.Drivers;
using Tare.Engine.Containers.Mounts;
using Tare.Engine.Containers.Secrets;
using Tare.Engine.Containers.Start;
using Tare.Engine.Containers.State;
using Tare.Engine.Containers.Users;
using Tare.EngineApi.Containers;
using Tare.Errors;
using Tare.Images;
using Tare.Oci.Image;

namespace Tare.Engine.Containers;

/// <summary>docker create.</summary>
public sealed class ContainerCreate(ContainerContext context)
{
    private readonly RootFilesystem _rootfs = new(context);

    /// <summary>Checks a request, merges it with its image, and makes the record and the directories. Nothing stays when it fails.</summary>
    public async Task<CreateResponse> RunAsync(string? name, string? platform, CreateRequest request)
    {
        HostConfig host = request.HostConfig ?? new HostConfig();
        string? wantedName = string.IsNullOrEmpty(name) ? null : ContainerName.Check(name);
        FillLog(host.LogConfig);
        List<string> warnings = HostConfigCheck.Run(host, context.Cgroups, context.Users);
        (host.Secrets, IReadOnlyList<byte[]> secrets) = SecretCheck.Take(host.Secrets);
        Image image = FindImage(request.Image, platform);
        ImageRootfs unpacked = await context.Images.EnsureUnpackedAsync(image);
        ContainerConfig config = ConfigMerge.Merge(request, image.Config.Config);
        ConfigCheck.Run(config);
        string id = ContainerName.NewId();
        var plan = new MountPlan(context, id);
        string reserved = context.Store.Reserve(id, wantedName);
        try
        {
            if (config.Hostname.Length == 0 && !host.NetworkMode.StartsWith("container:", StringComparison.Ordinal))
                config.Hostname = host.NetworkMode == "host" || host.UTSMode == "host" ? Environment.MachineName : id[..12];
            var record = new ContainerRecord
            {
                Id = id,
                Name = reserved,
                CreatedAt = context.Now,
                ImageId = image.Id.ToString(),
                Chain = unpacked.ChainId?.ToString() ?? "",
                Platform = $"{image.Config.Os}/{image.Config.Architecture}",
                Config = config,
                HostConfig = host,
                Endpoints = EndpointPlan.Make(context, config, host, request.NetworkingConfig),
                Links = new ContainerLinks(context).Resolve(host),
                Mounts = await plan.MakeAsync(config, host, host.Mounts ?? []),
                State = new LifecycleState.Created(ExitRecord.None),
            };
            await MakeAsync(record, secrets);
            if (record.Links.Count > 0)
                warnings.Add("Links on the default bridge network are deprecated and will be removed in a future release. Use a custom network instead.");
            return new CreateResponse { Id = id, Warnings = warnings };
        }
        catch (Exception error)
        {
            context.Store.Release(id, reserved);
            await plan.AbandonAsync();
            // "Not found" makes clients pull the image and try again: only a missing image may say so.
            if (error is TareException { Kind: ErrorKind.NotFound } missing)
                throw TareException.Invalid(missing.Message, missing.InnerException);
            throw;
        }
    }

    /// <summary>The record first, then what it names; undone in the other order.</summary>
    private async Task MakeAsync(ContainerRecord record, IReadOnlyList<byte[]> secrets)
    {
        (uint? own, UserRange? shared) = UserRemap.Choose(context.Users, record.HostConfig.UsernsMode);
        Container container = context.Store.Add(record with { Users = shared }, own);
        record = container.Record;
        using (await container.Lock.EnterAsync())
        {
            try
            {
                LayerHolds.Take(context.Images, record);
                await new VolumeCopyUp(context).RunAsync(record);
                // The last step: a container without it was cut off, and goes at the next start of the engine.
                _rootfs.Create(record, directory => SecretFiles.Keep(directory, secrets));
            }
            catch
            {
                if (Directory.Exists(context.Paths.Of(record.Id)))
                    Directory.Delete(context.Paths.Of(record.Id), recursive: true);
                LayerHolds.Release(context.Images, record);
                context.Store.Delete(container);
                throw;
            }
            context.Publish(record, "create");
        }
    }

    /// <summary>The engine's log driver for one that names none, with the engine's options where it has none.</summary>
    private void FillLog(LogConfig log)
    {
        if (log.Type.Length == 0)
            log.Type = context.LogDriver;
        if (log.Type != context.LogDriver || !LogDrivers.Forwards(log.Type))
            return;
        foreach ((string name, string value) in context.LogOptions)
            _ = (log.Config ??= []).TryAdd(name, value);
    }

    private Image FindImage(string reference, string? platform)
    {
        if (reference.Length == 0)
            throw TareException.Invalid("no image specified");
        Image image = context.Images.Resolve(reference);
        ImageConfig config = image.Config;
        string own = $"{config.Os}/{config.Architecture}" + (string.IsNullOrEmpty(config.Variant) ? "" : "/" + config.Variant);
        if (!string.IsNullOrEmpty(platform) && own != platform && $"{config.Os}/{config.Architecture}" != platform && config.Architecture != platform)
        {
            throw TareException.NotFound(
                $"image with reference {reference} was found but does not provide the specified platform ({platform}), it is for {own}");
        }
        string machine = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "amd64";
        return config.Architecture.Length == 0 || config.Architecture == machine || (machine == "amd64" && config.Architecture == "386")
            ? image
            : throw TareException.Invalid($"image {reference} is for {own} and cannot run on this machine, which is linux/{machine}");
    }
}
