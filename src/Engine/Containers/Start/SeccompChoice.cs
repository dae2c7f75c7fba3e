using System.Runtime.InteropServices;
using Tare.Engine.Containers.Spec;
using Tare.EngineApi.Containers;
using Tare.Seccomp;

namespace Tare.Engine.Containers.Start;

/// <summary>The system call filter of a container: the default one, a profile's, or none.</summary>
internal static class SeccompChoice
{
    private static readonly SeccompArchitecture Native =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? SeccompArchitecture.Aarch64 : SeccompArchitecture.X64;

    /// <summary>The compiled filter, or null when there is none.</summary>
    internal static ReadOnlyMemory<byte>? Choose(HostConfig host, IEnumerable<string> capabilities)
    {
        SecurityOptions security = SecurityOptions.Parse(host.SecurityOpt);
        if (security.Seccomp == "unconfined" || (host.Privileged && security.Seccomp is null))
            return null;
        HashSet<string> names = [.. capabilities];
        return security.ProfileBytes is { } profile
            ? FilterCompiler.Compile(ProfileFile.Parse(profile, names, Native, Environment.OSVersion.Version), Native).Program
            : DefaultProfile.FilterFor(names, Native).Program;
    }
}
