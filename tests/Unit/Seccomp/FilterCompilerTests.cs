using Tare.Errors;
using Tare.Seccomp;
using static Tare.Tests.Unit.Seccomp.FilterMachine;

namespace Tare.Tests.Unit.Seccomp;

public class FilterCompilerTests
{
    private const uint Read = 0, Write = 1, Socket = 41, Clone = 56;

    [Theory]
    [InlineData(SeccompOperator.Equal)]
    [InlineData(SeccompOperator.NotEqual)]
    [InlineData(SeccompOperator.LessThan)]
    [InlineData(SeccompOperator.LessOrEqual)]
    [InlineData(SeccompOperator.GreaterThan)]
    [InlineData(SeccompOperator.GreaterOrEqual)]
    [InlineData(SeccompOperator.MaskedEqual)]
    public void Comparisons_are_unsigned_and_64_bits_wide(SeccompOperator op)
    {
        ulong[] samples = [0, 1, 5, 0xffff_ffff, 0x1_0000_0000, 0x1_0000_0005, 0x5_0000_0001, 0x8000_0000_0000_0000, ulong.MaxValue];
        foreach (ulong value in samples)
        {
            foreach (ulong second in op == SeccompOperator.MaskedEqual ? samples : [0ul])
            {
                SeccompFilter filter = Compile(new SeccompRule(["socket"], SeccompAction.Allow, null, [new SeccompArgument(2, op, value, second)]));
                foreach (ulong argument in samples)
                {
                    bool expected = op switch
                    {
                        SeccompOperator.Equal => argument == value,
                        SeccompOperator.NotEqual => argument != value,
                        SeccompOperator.LessThan => argument < value,
                        SeccompOperator.LessOrEqual => argument <= value,
                        SeccompOperator.GreaterThan => argument > value,
                        SeccompOperator.GreaterOrEqual => argument >= value,
                        _ => (argument & value) == second,
                    };
                    Assert.Equal(expected ? Allow : Eperm, Run(filter, AuditX64, Socket, 0, 0, argument));
                }
            }
        }
    }

    [Fact]
    public void Conditions_of_a_rule_are_joined_and_rules_are_alternatives()
    {
        SeccompFilter filter = Compile(
            new SeccompRule(["socket"], SeccompAction.Allow, null, [new(0, SeccompOperator.GreaterOrEqual, 4), new(1, SeccompOperator.Equal, 1)]),
            new SeccompRule(["socket"], SeccompAction.Trap, null, [new(0, SeccompOperator.Equal, 9)]));

        Assert.Equal(Allow, Run(filter, AuditX64, Socket, 4, 1));
        Assert.Equal(Eperm, Run(filter, AuditX64, Socket, 4, 2));
        Assert.Equal(Eperm, Run(filter, AuditX64, Socket, 3, 1));
        Assert.Equal(0x0003_0000u, Run(filter, AuditX64, Socket, 9, 2));
        Assert.Equal(Allow, Run(filter, AuditX64, Socket, 9, 1));
    }

    [Fact]
    public void A_rule_without_conditions_decides_alone()
    {
        SeccompFilter filter = Compile(
            new SeccompRule(["clone"], SeccompAction.Allow, null, [new(0, SeccompOperator.Equal, 7)]),
            new SeccompRule(["clone"], SeccompAction.KillProcess),
            new SeccompRule(["clone"], SeccompAction.Allow));
        Assert.Equal(0x8000_0000u, Run(filter, AuditX64, Clone, 7));
    }

    [Fact]
    public void Every_number_of_every_architecture_gets_what_the_table_says()
    {
        string[] allowed = ["read", "openat", "clone3", "exit_group", "mmap2", "set_tls", "no_such_call"];
        var profile = new SeccompProfile
        {
            DefaultAction = SeccompAction.Errno,
            Architectures = [SeccompArchitecture.X64, SeccompArchitecture.X86, SeccompArchitecture.X32, SeccompArchitecture.Arm],
            Rules = [new SeccompRule(allowed, SeccompAction.Allow)],
        };
        Check(FilterCompiler.Compile(profile, SeccompArchitecture.X64), AuditX64, SeccompArchitecture.X64, 0);
        Check(FilterCompiler.Compile(profile, SeccompArchitecture.X64), AuditX64, SeccompArchitecture.X32, 0x4000_0000);
        Check(FilterCompiler.Compile(profile, SeccompArchitecture.X64), AuditX86, SeccompArchitecture.X86, 0);
        Check(FilterCompiler.Compile(profile, SeccompArchitecture.Aarch64), AuditArm64, SeccompArchitecture.Aarch64, 0);
        Check(FilterCompiler.Compile(profile, SeccompArchitecture.Aarch64), AuditArm, SeccompArchitecture.Arm, 0);

        void Check(SeccompFilter filter, uint audit, SeccompArchitecture architecture, uint first)
        {
            HashSet<uint> numbers = [.. allowed.Where(SyscallTable.For(architecture).ContainsKey).Select(name => SyscallTable.For(architecture)[name])];
            Assert.NotEmpty(numbers);
            uint last = numbers.Where(n => n < 0xf0000 || first > 0).Max();
            for (uint number = first; number < first + 600; number++)
                Assert.Equal(numbers.Contains(number) ? Allow : number > last ? Enosys : Eperm, Run(filter, audit, number));
            foreach (uint number in numbers)
                Assert.Equal(Allow, Run(filter, audit, number));
        }
    }

    [Fact]
    public void Architectures_that_are_not_listed_die()
    {
        SeccompFilter filter = Compile(new SeccompRule(["read"], SeccompAction.Allow));
        Assert.Equal(Allow, Run(filter, AuditX64, Read));
        Assert.Equal(KillThread, Run(filter, AuditX86, 3));
        Assert.Equal(KillThread, Run(filter, AuditX64, 0x4000_0000));
    }

    [Fact]
    public void A_permissive_profile_only_refuses_what_it_names()
    {
        SeccompFilter filter = FilterCompiler.Compile(new SeccompProfile
        {
            DefaultAction = SeccompAction.Allow,
            Rules = [new SeccompRule(["write"], SeccompAction.Errno, 13), new SeccompRule(["socket"], SeccompAction.Notify)],
        }, SeccompArchitecture.X64);

        Assert.Equal(0x0005_000du, Run(filter, AuditX64, Write));
        Assert.Equal(0x7fc0_0000u, Run(filter, AuditX64, Socket));
        Assert.Equal(Allow, Run(filter, AuditX64, 5000));
        Assert.True(filter.Flags.HasFlag(SeccompFilterFlags.NewListener));
    }

    [Fact]
    public void Many_conditions_jump_correctly_across_the_255_instruction_reach()
    {
        SeccompRule[] rules = [.. Enumerable.Range(0, 200).Select(i =>
            new SeccompRule(["socket"], SeccompAction.Errno, 100 + i, [new(0, SeccompOperator.Equal, (ulong)i << 30), new(1, SeccompOperator.GreaterThan, 3)]))];
        SeccompFilter filter = Compile([.. rules, new SeccompRule(["read", "clone", "setns"], SeccompAction.Allow)]);

        for (uint i = 0; i < 200; i++)
        {
            Assert.Equal(0x0005_0000 | (100 + i), Run(filter, AuditX64, Socket, (ulong)i << 30, 4));
            Assert.Equal(Eperm, Run(filter, AuditX64, Socket, (ulong)i << 30, 3));
        }
        Assert.Equal(Allow, Run(filter, AuditX64, Read));
        Assert.Equal(Allow, Run(filter, AuditX64, 308));
    }

    [Fact]
    public void A_profile_larger_than_the_kernel_takes_is_refused()
    {
        SeccompRule[] rules = [.. Enumerable.Range(0, 1500).Select(i =>
            new SeccompRule(["socket"], SeccompAction.Allow, null, [new(0, SeccompOperator.Equal, (ulong)i)]))];
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<TareException>(() => Compile(rules)).Kind);
    }

    private static SeccompFilter Compile(params SeccompRule[] rules) =>
        FilterCompiler.Compile(new SeccompProfile { DefaultAction = SeccompAction.Errno, Rules = rules }, SeccompArchitecture.X64);
}
