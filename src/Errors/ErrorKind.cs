namespace Tare.Errors;

/// <summary>What kind of failure a <see cref="TareException"/> is; each boundary (HTTP, exit code, gRPC) maps kinds in one table.</summary>
public enum ErrorKind
{
    /// <summary>A defect or an unforeseen condition of the system (HTTP 500).</summary>
    Internal,

    /// <summary>The caller's input is wrong (HTTP 400).</summary>
    InvalidArgument,

    /// <summary>The named thing does not exist (HTTP 404).</summary>
    NotFound,

    /// <summary>The name or resource is taken, or the thing is in a state that forbids the operation (HTTP 409).</summary>
    Conflict,

    /// <summary>The thing already is as asked: started, stopped (HTTP 304).</summary>
    NotModified,

    /// <summary>The caller may not do this (HTTP 403).</summary>
    Forbidden,

    /// <summary>The caller is not known to a registry (HTTP 401).</summary>
    Unauthorized,

    /// <summary>This build or kernel cannot do it (HTTP 501).</summary>
    NotSupported,

    /// <summary>A part that is needed does not answer right now (HTTP 503).</summary>
    Unavailable,

    /// <summary>The disk, a quota or a limit is full (HTTP 507, reported as 500 to Docker clients).</summary>
    OutOfSpace,
}
