using Tare.Engine.Containers.Spec;
using Tare.EngineApi.Containers;
using Tare.Errors;
using Tare.Oci.Image;
using EmptyObject = Tare.EngineApi.EmptyObject;

namespace Tare.Engine.Containers.Create;

/// <summary>Fills what a request leaves open from the image's configuration. Pure.</summary>
internal static class ConfigMerge
{
    /// <summary>A new configuration; the request's own object is not changed.</summary>
    internal static ContainerConfig Merge(ContainerConfig wanted, ImageRunConfig? image)
    {
        image ??= new ImageRunConfig();
        (List<string>? entrypoint, List<string>? command) = Command(wanted, image);
        if ((entrypoint?.Count ?? 0) + (command?.Count ?? 0) == 0)
            throw TareException.Invalid("no command specified");
        return new ContainerConfig
        {
            Hostname = wanted.Hostname,
            Domainname = wanted.Domainname,
            User = wanted.User.Length > 0 ? wanted.User : image.User ?? "",
            AttachStdin = wanted.AttachStdin,
            AttachStdout = wanted.AttachStdout,
            AttachStderr = wanted.AttachStderr,
            ExposedPorts = Union(wanted.ExposedPorts, image.ExposedPorts?.Keys.Select(WithProtocol)),
            Tty = wanted.Tty,
            OpenStdin = wanted.OpenStdin,
            StdinOnce = wanted.StdinOnce,
            Env = ContainerEnvironment.Complete(wanted.Env, image.Env),
            Cmd = command,
            Healthcheck = Health(wanted.Healthcheck, image.Healthcheck),
            Image = wanted.Image,
            Volumes = Union(wanted.Volumes, image.Volumes?.Keys),
            WorkingDir = wanted.WorkingDir.Length > 0 ? wanted.WorkingDir : image.WorkingDir ?? "",
            Entrypoint = entrypoint,
            NetworkDisabled = wanted.NetworkDisabled,
            MacAddress = wanted.MacAddress,
            Labels = Labels(wanted.Labels, image.Labels),
            StopSignal = string.IsNullOrEmpty(wanted.StopSignal) ? image.StopSignal : wanted.StopSignal,
            StopTimeout = wanted.StopTimeout,
            Shell = wanted.Shell ?? image.Shell?.ToList(),
        };
    }

    /// <summary>An entrypoint of one's own drops the image's command; an array holding one empty text is no entrypoint.</summary>
    private static (List<string>? Entrypoint, List<string>? Command) Command(ContainerConfig wanted, ImageRunConfig image)
    {
        bool own = wanted.Entrypoint is { Count: > 0 };
        List<string>? command = wanted.Cmd is { Count: > 0 } || own ? wanted.Cmd : image.Cmd?.ToList();
        List<string>? entrypoint = wanted.Entrypoint ?? image.Entrypoint?.ToList();
        return (entrypoint is [""] ? null : entrypoint, command);
    }

    private static string WithProtocol(string port) => port.Contains('/', StringComparison.Ordinal) ? port : port + "/tcp";

    private static Dictionary<string, EmptyObject>? Union(Dictionary<string, EmptyObject>? wanted, IEnumerable<string>? image)
    {
        Dictionary<string, EmptyObject> all = wanted is null ? [] : new(wanted);
        foreach (string key in image ?? [])
            _ = all.TryAdd(key, new EmptyObject());
        return all.Count == 0 ? null : all;
    }

    private static Dictionary<string, string> Labels(Dictionary<string, string>? wanted, Dictionary<string, string>? image)
    {
        Dictionary<string, string> all = wanted is null ? [] : new(wanted);
        foreach ((string name, string value) in image ?? [])
            _ = all.TryAdd(name, value);
        return all;
    }

    private static HealthConfig? Health(HealthConfig? wanted, ImageHealthcheck? image)
    {
        if (image is null)
            return wanted;
        wanted ??= new HealthConfig();
        return new HealthConfig
        {
            Test = wanted.Test is { Count: > 0 } ? wanted.Test : image.Test?.ToList(),
            Interval = wanted.Interval != 0 ? wanted.Interval : image.Interval,
            Timeout = wanted.Timeout != 0 ? wanted.Timeout : image.Timeout,
            StartPeriod = wanted.StartPeriod != 0 ? wanted.StartPeriod : image.StartPeriod,
            StartInterval = wanted.StartInterval != 0 ? wanted.StartInterval : image.StartInterval,
            Retries = wanted.Retries != 0 ? wanted.Retries : image.Retries,
        };
    }
}
