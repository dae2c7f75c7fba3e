// Runs a command step by step and prints which of the functions in a list it enters, in the order in which it first does. Compiled and used by method-order.sh.
// usage: method-order COMMAND [ARG…]     stdin: the functions, a line each, by address: hexadecimal address, hexadecimal size, name
//   What the command starts itself runs unobserved. x86_64 and aarch64.
#define _GNU_SOURCE
#include <elf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

struct function {
    unsigned long start, size;
    char *name;
    int entered;
};

static unsigned long instruction(pid_t child)
{
#ifdef __x86_64__
    struct user_regs_struct registers;
#define AT registers.rip
#else
    struct user_pt_regs registers;
#define AT registers.pc
#endif
    struct iovec all = {&registers, sizeof registers};
    return ptrace(PTRACE_GETREGSET, child, NT_PRSTATUS, &all) ? 0 : AT;
}

static int beside(const void *key, const void *element)
{
    unsigned long address = *(const unsigned long *)key;
    const struct function *function = element;
    return address < function->start ? -1 : address >= function->start + function->size ? 1 : 0;
}

int main(int count, char **arguments)
{
    struct function *functions = NULL;
    size_t known = 0;
    unsigned long start, size;
    char *name;
    while (scanf("%lx %lx %ms", &start, &size, &name) == 3) {
        functions = realloc(functions, (known + 1) * sizeof *functions);
        functions[known++] = (struct function){start, size, name, 0};
    }
    if (count < 2 || !known) {
        fprintf(stderr, "usage: method-order COMMAND [ARG…] < FUNCTIONS\n");
        return 2;
    }
    FILE *names = fdopen(dup(1), "w");
    pid_t child = fork();
    if (!child) {
        dup2(2, 1);
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        execvp(arguments[1], arguments + 1);
        perror(arguments[1]);
        _exit(127);
    }
    int status, signal = 0;
    while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
        unsigned long address = instruction(child);
        struct function *function = bsearch(&address, functions, known, sizeof *functions, beside);
        if (function && !function->entered) {
            function->entered = 1;
            fprintf(names, "%s\n", function->name);
        }
        signal = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
        if (ptrace(PTRACE_SINGLESTEP, child, 0, signal)) break;
    }
    fclose(names);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
