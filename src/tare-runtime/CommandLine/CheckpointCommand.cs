using Tare.Errors;

namespace Tare.Runtime.CommandLine;

/// <summary>`checkpoint` and `restore` are the work of CRIU, which this version does not drive.</summary>
internal static class CheckpointCommand
{
    public static int Run(GlobalOptions options) => throw new TareException(ErrorKind.NotSupported,
        $"{options.CommandName} is not supported by this version: it does not drive criu; features says so under annotations");
}
