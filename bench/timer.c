// Runs commands in turn and measures each from exec to its end, without a shell's fork in the measured time. Compiled and used by measure.sh.
// usage: timer ROUNDS DIRECTORY NAME COMMAND [ARG…] [; COMMAND [ARG…]]… [-- NAME COMMAND…]…
//   "{}" inside an argument becomes a number that is new in each round. Commands joined by ";" are one measurement: their times are added, but for those that
//   begin with the word "untimed", which prepare or clear away.
//   Writes microseconds, a line for each round, to DIRECTORY/NAME, and peak resident kilobytes of the largest process to DIRECTORY/NAME.rss.
//   One warm-up round is thrown away. A command that fails is left out from then on: DIRECTORY/NAME.broken holds what it said.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

struct variant {
    char *name, **arguments;
    int broken;
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

static char *expand(char *argument, long number)
{
    char *mark = strstr(argument, "{}"), *result;
    if (!mark)
        return argument;
    if (asprintf(&result, "%.*s%ld%s", (int)(mark - argument), argument, number, mark + 2) < 0)
        exit(1);
    return result;
}

// One command: microseconds, or -1 when it failed. *rss grows to its peak.
static double run(char **arguments, int count, long number, int errors, long *rss)
{
    char *argv[count + 1];
    for (int i = 0; i < count; i++)
        argv[i] = expand(arguments[i], number);
    argv[count] = NULL;
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&files, errors, 2);
    pid_t child;
    int status;
    struct rusage usage;
    double start = now();
    int failed = posix_spawnp(&child, argv[0], &files, NULL, argv, environ);
    if (!failed)
        while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR)
            ;
    double end = now();
    posix_spawn_file_actions_destroy(&files);
    for (int i = 0; i < count; i++)
        if (argv[i] != arguments[i])
            free(argv[i]);
    if (failed || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return -1;
    if (usage.ru_maxrss > *rss)
        *rss = usage.ru_maxrss;
    return end - start;
}

// All commands of a variant: the sum of the timed ones, or -1.
static double measure(struct variant *variant, long number, int errors, long *rss)
{
    double sum = 0;
    long other = 0;
    for (char **first = variant->arguments; *first;) {
        int count = 0;
        while (first[count] && strcmp(first[count], ";") != 0)
            count++;
        int untimed = strcmp(first[0], "untimed") == 0;
        double time = run(first + untimed, count - untimed, number, errors, untimed ? &other : rss);
        if (time < 0)
            return -1;
        if (!untimed)
            sum += time;
        first += count + (first[count] != NULL);
    }
    return sum;
}

static void append(const char *directory, const char *name, const char *suffix, double value)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s%s", directory, name, suffix);
    FILE *file = fopen(path, "a");
    if (!file) {
        perror(path);
        exit(1);
    }
    fprintf(file, "%.0f\n", value);
    fclose(file);
}

int main(int count, char **arguments)
{
    if (count < 5)
        return 2;
    struct variant variants[count];
    int known = 0;
    for (int i = 3; i < count; i++) {
        variants[known++] = (struct variant){arguments[i], arguments + i + 1, 0};
        while (i < count && strcmp(arguments[i], "--") != 0)
            i++;
        if (i < count)
            arguments[i] = NULL;
    }
    long rounds = atol(arguments[1]), base = (long)getpid() * 100000;
    const char *directory = arguments[2];
    for (long round = 0; round <= rounds; round++)
        for (struct variant *variant = variants; variant < variants + known; variant++) {
            if (variant->broken)
                continue;
            char path[4096], kept[4096];
            snprintf(path, sizeof path, "%s/%s.stderr", directory, variant->name);
            int errors = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
            long rss = 0;
            double time = measure(variant, base + round, errors, &rss);
            close(errors);
            if (time < 0) {
                variant->broken = 1;
                snprintf(kept, sizeof kept, "%s/%s.broken", directory, variant->name);
                rename(path, kept);
            } else if (round > 0) {
                append(directory, variant->name, "", time);
                append(directory, variant->name, ".rss", rss);
            }
        }
    return 0;
}
