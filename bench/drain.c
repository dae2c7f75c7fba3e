// Downloads one URL on several connections side by side and throws the bytes away inside the kernel (MSG_TRUNC of tcp(7)), so that what is measured is the
// server: a client that copies takes as long as the copying server does. Usage: drain ADDRESS PORT PATH CONNECTIONS; each answer must be a whole 200.
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *what)
{
    perror(what);
    return 1;
}

// Returns the length that an answer's head announces, or -1 when it is no 200 with a length.
static long announced(const char *head)
{
    long length = -1;
    if (strncmp(head, "HTTP/1.1 200", 12) != 0)
        return -1;
    for (const char *line = strstr(head, "\r\n"); line && line[2]; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, "content-length:", 15) == 0)
            length = atol(line + 17);
    return length;
}

static int download(const struct sockaddr_in *server, const char *host, const char *path)
{
    static char head[16384];
    size_t have = 0;
    char *end = NULL;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)server, sizeof *server) != 0)
        return fail("connect");
    dprintf(fd, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path, host);
    while (!end && have < sizeof head - 1) {
        ssize_t got = recv(fd, head + have, sizeof head - 1 - have, 0);
        if (got <= 0)
            return fail("no answer");
        have += got;
        head[have] = 0;
        end = strstr(head, "\r\n\r\n");
    }
    long left = end ? announced(head) : -1;
    if (left < 0) {
        fprintf(stderr, "not a 200 with a length: %.60s\n", head);
        return 1;
    }
    left -= head + have - (end + 4);
    while (left > 0) {
        ssize_t got = recv(fd, NULL, left < 1 << 20 ? left : 1 << 20, MSG_TRUNC);
        if (got <= 0)
            return fail("the answer ends early");
        left -= got;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_in server = { .sin_family = AF_INET };
    int failed = 0, status;
    if (argc != 5 || inet_pton(AF_INET, argv[1], &server.sin_addr) != 1) {
        fprintf(stderr, "usage: drain ADDRESS PORT PATH CONNECTIONS\n");
        return 2;
    }
    server.sin_port = htons(atoi(argv[2]));
    for (int i = atoi(argv[4]); i > 0; i--)
        if (fork() == 0)
            _exit(download(&server, argv[1], argv[3]));
    while (wait(&status) > 0)
        failed |= status;
    return failed != 0;
}
