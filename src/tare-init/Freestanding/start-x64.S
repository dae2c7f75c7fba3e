# What the freestanding tare-init has in place of a C library (x86-64): the entry point, and the two C functions that its sources import.
        .text
        .globl  _start
_start:
        xorl    %ebp, %ebp
        call    __managed__Main
        movl    %eax, %edi
        movl    $231, %eax              # exit_group
        syscall
        hlt

# long syscall(long number, a0, a1, a2, a3, a4, a5): the number and a5 come where the kernel does not look for them.
        .globl  syscall
syscall:
        movq    %rdi, %rax
        movq    %rsi, %rdi
        movq    %rdx, %rsi
        movq    %rcx, %rdx
        movq    %r8, %r10
        movq    %r9, %r8
        movq    8(%rsp), %r9
        syscall
        cmpq    $-4095, %rax
        jae     failed
        ret
failed:
        negl    %eax
        movl    %eax, error(%rip)
        movq    $-1, %rax
        ret

# int *__errno_location(void): there is one thread.
        .globl  __errno_location
__errno_location:
        leaq    error(%rip), %rax
        ret

        .bss
error:  .long   0
        .section .note.GNU-stack, "", @progbits
