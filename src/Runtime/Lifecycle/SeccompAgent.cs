using Tare.Linux;
using Tare.Oci.Runtime;

namespace Tare.Runtime.Lifecycle;

/// <summary>The agent that decides calls with the action notify: it gets the filter's listener and the state over its socket.</summary>
internal static class SeccompAgent
{
    public static void Send(RuntimeSpec spec, HookState state, int pid, FileDescriptor listener)
    {
        SeccompSpec seccomp = spec.Linux!.Seccomp!;
        byte[] document = StateDocument.Write(seccomp.ListenerMetadata, pid, state);
        HandOut.Send(seccomp.ListenerPath!, document, listener, "failed to connect with seccomp agent");
    }
}
