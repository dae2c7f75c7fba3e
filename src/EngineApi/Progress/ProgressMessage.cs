namespace Tare.EngineApi.Progress;

/// <summary>One object of the streams that pull, load, import and build answer with; the status line is 200 before any of them may fail.</summary>
public sealed class ProgressMessage
{
    [JsonPropertyName("stream"), JsonIgnore(Condition = WhenWritingNull)] public string? Stream { get; set; }
    [JsonPropertyName("status"), JsonIgnore(Condition = WhenWritingNull)] public string? Status { get; set; }
    [JsonPropertyName("progressDetail"), JsonIgnore(Condition = WhenWritingNull)] public ProgressDetail? ProgressDetail { get; set; }
    [JsonPropertyName("progress"), JsonIgnore(Condition = WhenWritingNull)] public string? Progress { get; set; }
    [JsonPropertyName("id"), JsonIgnore(Condition = WhenWritingNull)] public string? Id { get; set; }
    [JsonPropertyName("from"), JsonIgnore(Condition = WhenWritingNull)] public string? From { get; set; }
    [JsonPropertyName("errorDetail"), JsonIgnore(Condition = WhenWritingNull)] public ProgressError? ErrorDetail { get; set; }

    /// <summary>Repeats the error's message for older clients.</summary>
    [JsonPropertyName("error"), JsonIgnore(Condition = WhenWritingNull)] public string? Error { get; set; }

    /// <summary>{"ID": …} of a build, {"Tag", "Digest", "Size"} of a push.</summary>
    [JsonPropertyName("aux"), JsonIgnore(Condition = WhenWritingNull)] public ProgressAux? Aux { get; set; }

    /// <summary>One step of a pull or push; a total says that it counts.</summary>
    public static ProgressMessage Step(string? id, string status, long current = 0, long total = 0) => new()
    {
        Id = id,
        Status = status,
        ProgressDetail = id is null ? null : new ProgressDetail { Current = current, Total = total },
        Progress = total > 0 ? ProgressBar.Of(current, total) : null,
    };

    /// <summary>A failure, in both forms.</summary>
    public static ProgressMessage Failure(string message) => new() { Error = message, ErrorDetail = new ProgressError { Message = message } };
}

/// <summary>How far one step is, in bytes.</summary>
public sealed class ProgressDetail
{
    [JsonPropertyName("current"), JsonIgnore(Condition = WhenWritingDefault)] public long Current { get; set; }
    [JsonPropertyName("total"), JsonIgnore(Condition = WhenWritingDefault)] public long Total { get; set; }
}

/// <summary>A failure after the status line was sent.</summary>
public sealed class ProgressError
{
    [JsonPropertyName("code"), JsonIgnore(Condition = WhenWritingDefault)] public int Code { get; set; }
    [JsonPropertyName("message")] public string Message { get; set; } = "";
}

/// <summary>A result for programs inside a progress stream.</summary>
public sealed class ProgressAux
{
    [JsonIgnore(Condition = WhenWritingNull)] public string? ID { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public string? Tag { get; set; }
    [JsonIgnore(Condition = WhenWritingNull)] public string? Digest { get; set; }
    [JsonIgnore(Condition = WhenWritingDefault)] public long Size { get; set; }
}
