namespace Tare.Cgroups;

/// <summary>One cgroup controller of one version: which limits it imposes, how they are written, what can be read back. Stateless.</summary>
internal interface IController
{
    /// <summary>The kernel's name: "memory".</summary>
    string Name { get; }

    /// <summary>
    /// Whether a container needs a group in this controller's tree. Every v1 tree costs a directory and a migration, so those that neither limit nor
    /// count anything for it are left out.
    /// </summary>
    bool IsNeeded(CgroupLimits limits);

    /// <summary>Writes the limits that are set; what the kernel lacks becomes a warning.</summary>
    void Apply(string directory, CgroupLimits limits, ICollection<string> warnings);

    /// <summary>Adds this controller's counters to a reading.</summary>
    CgroupStats Read(string directory, CgroupStats stats);
}
