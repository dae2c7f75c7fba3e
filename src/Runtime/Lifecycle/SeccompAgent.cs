using System.Text.Json;
using Tare.Linux;
using Tare.Oci.Runtime;

namespace Tare.Runtime.Lifecycle;

/// <summary>The agent that decides calls with the action notify: it gets the filter's listener and the state over its socket.</summary>
internal static class SeccompAgent
{
    public static void Send(RuntimeSpec spec, HookState state, int pid, FileDescriptor listener)
    {
        SeccompSpec seccomp = spec.Linux!.Seccomp!;
        byte[] document = JsonSerializer.SerializeToUtf8Bytes(new SeccompAgentState
        {
            OciVersion = spec.OciVersion,
            Pid = pid,
            Metadata = seccomp.ListenerMetadata,
            State = state,
        }, ContainerStateJson.Default.SeccompAgentState);
        HandOut.Send(seccomp.ListenerPath!, document, listener, "send the seccomp listener to its agent");
    }
}
