using System.Text;
using Tare.Errors;
using Tare.Seccomp;
using static Tare.Tests.Unit.Seccomp.FilterMachine;

namespace Tare.Tests.Unit.Seccomp;

public class ProfileFileTests
{
    private static readonly HashSet<string> NoCapabilities = [];

    [Fact]
    public void A_profile_file_is_resolved_for_architecture_capabilities_and_kernel()
    {
        const string Json = """
            {
              "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 13,
              "archMap": [ { "architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"] },
                           { "architecture": "SCMP_ARCH_S390X", "subArchitectures": ["SCMP_ARCH_S390"] } ],
              "syscalls": [
                { "names": ["read", "not_a_call"], "action": "SCMP_ACT_ALLOW" },
                { "names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": { "minKernel": "4.8" } },
                { "names": ["syslog"], "action": "SCMP_ACT_ALLOW", "includes": { "minKernel": "99.0" } },
                { "names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["CAP_SYS_ADMIN"] } },
                { "names": ["setns"], "action": "SCMP_ACT_ALLOW", "excludes": { "caps": ["CAP_SYS_ADMIN"] } },
                { "names": ["arch_prctl"], "action": "SCMP_ACT_ALLOW", "includes": { "arches": ["amd64"] } },
                { "names": ["dup"], "action": "SCMP_ACT_ALLOW", "excludes": { "arches": ["amd64"] } },
                { "names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [
                    { "index": 0, "value": 1, "op": "SCMP_CMP_EQ" }, { "index": 0, "value": 2, "op": "SCMP_CMP_EQ" } ] },
                { "names": ["dup3"], "action": "SCMP_ACT_TRACE", "errnoRet": 5, "comment": "passed over" }
              ]
            }
            """;

        SeccompFilter filter = FilterCompiler.Compile(Parse(Json), SeccompArchitecture.X64);

        const uint Refused = 0x0005_000d;
        Assert.Equal(Allow, Run(filter, AuditX64, 0));
        Assert.Equal(Allow, Run(filter, AuditX86, 3));
        Assert.Equal(Allow, Run(filter, AuditX64, 0x4000_0000));
        Assert.Equal(Allow, Run(filter, AuditX64, 101));
        Assert.Equal(Refused, Run(filter, AuditX64, 103));
        Assert.Equal(Refused, Run(filter, AuditX64, 165));
        Assert.Equal(Allow, Run(filter, AuditX64, 308));
        Assert.Equal(Allow, Run(filter, AuditX64, 158));
        Assert.Equal(Refused, Run(filter, AuditX64, 32));
        Assert.Equal(Allow, Run(filter, AuditX64, 41, 2));
        Assert.Equal(Refused, Run(filter, AuditX64, 41, 3));
        Assert.Equal(0x7ff0_0005u, Run(filter, AuditX64, 292));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"defaultAction":"SCMP_ACT_MAYBE"}""")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86"],"archMap":[{"architecture":"SCMP_ARCH_X86"}]}""")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"action":"SCMP_ACT_ERRNO"}]}""")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_ERRNO","args":[{"index":6,"value":0,"op":"SCMP_CMP_EQ"}]}]}""")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_UNKNOWN"]}""")]
    public void A_wrong_profile_is_the_callers_mistake(string json) =>
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<TareException>(() => Parse(json)).Kind);

    private static SeccompProfile Parse(string json) =>
        ProfileFile.Parse(Encoding.UTF8.GetBytes(json), NoCapabilities, SeccompArchitecture.X64, new Version(6, 1));
}
