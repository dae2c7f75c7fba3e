using Tare.EngineApi.Execs;

namespace Tare.Engine.Execs;

/// <summary>GET /exec/{id}/json.</summary>
public sealed class ExecInspection(ExecStore execs)
{
    /// <summary>Everything about one exec.</summary>
    public ExecInspect Run(string id)
    {
        Exec exec = execs.Get(id);
        ExecCreateRequest request = exec.Request;
        return new ExecInspect
        {
            ID = exec.Id,
            Running = exec.IsRunning,
            ExitCode = exec.ExitCode,
            ProcessConfig = new ExecProcessConfig
            {
                Tty = request.Tty,
                Entrypoint = request.Cmd![0],
                Arguments = request.Cmd[1..],
                Privileged = request.Privileged,
                User = request.User.Length > 0 ? request.User : null,
            },
            OpenStdin = request.AttachStdin,
            OpenStderr = request.AttachStderr,
            OpenStdout = request.AttachStdout,
            CanRemove = exec.ExitCode is not null,
            ContainerID = exec.Container.Id,
            DetachKeys = request.DetachKeys,
            Pid = exec.Pid,
        };
    }
}
