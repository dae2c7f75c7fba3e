using System.Text;

namespace Tare.Errors;

/// <summary>
/// A failure in the domain's words: a kind that boundaries map, and a message in lower case that says what was attempted on what and, when there
/// is something to do, what to do next. The cause is the inner exception; <see cref="Describe"/> joins the chain.
/// </summary>
public sealed class TareException : Exception
{
    /// <summary>Makes an error of a kind; the message has no full stop.</summary>
    public TareException(ErrorKind kind, string message, Exception? cause = null) : base(message, cause) => Kind = kind;

    /// <summary>Decides the HTTP status, exit code or gRPC status.</summary>
    public ErrorKind Kind { get; }

    /// <summary>The messages of an exception and its causes, joined by ": ", each said once.</summary>
    public static string Describe(Exception error)
    {
        var text = new StringBuilder(error.Message);
        for (Exception? cause = error.InnerException; cause is not null; cause = cause.InnerException)
        {
            if (!text.ToString().EndsWith(cause.Message, StringComparison.Ordinal))
                _ = text.Append(": ").Append(cause.Message);
        }
        return text.ToString();
    }

    /// <summary>Shorthand for the commonest kinds.</summary>
    public static TareException NotFound(string message) => new(ErrorKind.NotFound, message);

    /// <inheritdoc cref="NotFound"/>
    public static TareException Invalid(string message, Exception? cause = null) => new(ErrorKind.InvalidArgument, message, cause);

    /// <inheritdoc cref="NotFound"/>
    public static TareException Conflict(string message) => new(ErrorKind.Conflict, message);

    /// <inheritdoc cref="NotFound"/>
    public static TareException Internal(string message, Exception? cause = null) => new(ErrorKind.Internal, message, cause);
}
