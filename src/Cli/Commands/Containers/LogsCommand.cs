using System.Globalization;
using Tare.Cli.CommandLine;
using Tare.Cli.Options;
using Tare.EngineApi;
using Tare.EngineApi.Client;
using Tare.EngineApi.Client.Calls;
using Tare.EngineApi.Client.Streams;
using Tare.EngineApi.Containers;
using Tare.Errors;

namespace Tare.Cli.Commands.Containers;

/// <summary>tare logs: what a container wrote, and goes on writing with -f.</summary>
internal static class LogsCommand
{
    public static Command Build(string path)
    {
        var command = new Command(path, "[OPTIONS] CONTAINER", "Fetch the logs of a container") { MinArguments = 1, MaxArguments = 1 };
        SwitchFlag follow = command.Flags.Switch("follow", "Follow log output", 'f');
        SwitchFlag timestamps = command.Flags.Switch("timestamps", "Show timestamps", 't');
        SwitchFlag details = command.Flags.Switch("details", "Show extra details provided to logs");
        TextFlag tail = command.Flags.Text("tail", "Number of lines to show from the end of the logs", 'n', value: "all");
        TextFlag since = command.Flags.Text("since", "Show logs since timestamp (e.g. \"2013-01-02T13:23:37Z\") or relative (e.g. \"42m\" for 42 minutes)");
        TextFlag until = command.Flags.Text("until", "Show logs before a timestamp (e.g. \"2013-01-02T13:23:37Z\") or relative (e.g. \"42m\" for 42 minutes)");
        command.Run = (session, names) =>
        {
            ContainerInspect container = session.Client.Containers.Inspect(names[0]);
            var query = new LogsQuery(follow.Value, timestamps.Value, details.Value, tail.Value, Moment.Parse(since.Given), Moment.Parse(until.Given));
            using EngineResponse response = session.Client.Containers.Logs(container.Id, query);
            if (!container.Config.Tty)
            {
                Demultiplexer.Copy(response.Body.Read, session.Out.WriteThrough, session.Error.WriteThrough);
                return 0;
            }
            byte[] buffer = new byte[32 * 1024];
            int n;
            while ((n = response.Body.Read(buffer)) > 0)
                session.Out.WriteThrough(buffer.AsSpan(0, n));
            return 0;
        };
        return command;
    }
}

/// <summary>--since and --until: a time, seconds since 1970, or a duration before now; as the API wants it.</summary>
internal static class Moment
{
    public static string? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        if (text.AsSpan().IndexOfAnyExceptInRange('.', '9') < 0)
            return text;
        if (GoDuration.TryParse(text, out long nanoseconds))
            return Format(DateTimeOffset.UtcNow.AddTicks(-nanoseconds / 100));
        if (GoTime.TryParse(text, out DateTimeOffset time))
            return Format(time);
        throw TareException.Invalid($"failed to parse value as time or duration: \"{text}\"");
    }

    private static string Format(DateTimeOffset time)
    {
        (long seconds, long ticks) = Math.DivRem(time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks, TimeSpan.TicksPerSecond);
        return string.Create(CultureInfo.InvariantCulture, $"{seconds}.{ticks * 100:D9}");
    }
}
