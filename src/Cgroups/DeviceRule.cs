namespace Tare.Cgroups;

/// <summary>
/// One line of the device allow-list, as in the OCI runtime specification: later rules win. Type is 'a' (all), 'b' or 'c'; a null number is any;
/// access is a subset of "rwm" (read, write, mknod).
/// </summary>
public sealed record DeviceRule(bool Allow, char Type = 'a', long? Major = null, long? Minor = null, string Access = "rwm");
