/* The limit: epoll, and write() of the same bytes to every socket. It knows no more HTTP than the
   load client speaks. limit PORT-OR-PATH SHARED OWN */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#define MOST 65536
#define BIGGEST 262144

static int shared_size, own_size, screens[MOST], count;
static char asked[MOST][2048];  /* by descriptor: what came of a request so far */
static int heard[MOST], place[MOST];
static char *waiting[MOST];     /* by descriptor: what a full socket did not take yet */
static size_t waits[MOST];
static char name[MOST][24], number[3] = "10";
static char frame[BIGGEST];

static int padded(char *to, const char *head, int size) {
    int n = sprintf(to, "event: datastar-patch-elements\ndata: elements %s", head);
    while (n < size - 8) to[n++] = 'x';
    return n + sprintf(to + n, "</div>\n\n");
}

/* One chunk with everything a screen gets; `me` is whose own part it ends with. */
static int drawn(const char *me, int again) {
    static int shared_end, head_size;
    char head[128];
    if (!again) {
        int size = shared_size + own_size;
        head_size = sprintf(frame, "%x\r\n", size);
        sprintf(head, "<div id=\"table\">goal %s ", number);
        shared_end = head_size + padded(frame + head_size, head, shared_size);
    }
    int end = shared_end;
    if (own_size) {
        sprintf(head, "<div id=\"me\">yours %s %s ", number, me);
        end += padded(frame + end, head, own_size);
    }
    memcpy(frame + end, "\r\n", 2);
    return end + 2;
}

static void leave(int fd) {
    if (place[fd]) {
        int last = screens[--count];
        screens[place[fd] - 1] = last;
        place[last] = place[fd];
        place[fd] = 0;
    }
    free(waiting[fd]);
    waiting[fd] = NULL;
    waits[fd] = 0;
    close(fd);
}

static void send_all(int fd, const char *bytes, size_t size) {
    ssize_t n = waiting[fd] ? 0 : write(fd, bytes, size);
    if (n == (ssize_t)size) return;
    if (n < 0) n = 0;
    waiting[fd] = realloc(waiting[fd], waits[fd] + size - (size_t)n);
    memcpy(waiting[fd] + waits[fd], bytes + n, size - (size_t)n);
    waits[fd] += size - (size_t)n;
}

static void go_on(int fd) {
    ssize_t n = write(fd, waiting[fd], waits[fd]);
    if (n < 0) return;
    memmove(waiting[fd], waiting[fd] + n, waits[fd] - (size_t)n);
    waits[fd] -= (size_t)n;
    if (!waits[fd]) { free(waiting[fd]); waiting[fd] = NULL; }
}

static void answer(int fd) {
    static const char stream[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                                 "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n";
    static const char empty[] = "HTTP/1.1 204 No Content\r\n\r\n";
    char *said = asked[fd];
    if (!strncmp(said, "GET", 3)) {
        char *me = strstr(said, "me=");
        sscanf(me ? me + 3 : "nobody", "%23[^ &]", name[fd]);
        send_all(fd, stream, sizeof stream - 1);
        send_all(fd, frame, (size_t)drawn(name[fd], 0));
        screens[count++] = fd;
        place[fd] = count;
        return;
    }
    send_all(fd, empty, sizeof empty - 1);
    char *n = strstr(said, "change?n=");
    if (!n) return;
    memcpy(number, n + 9, 2);
    int size = drawn("", 0);
    for (int i = 0; i < count; i++) {
        if (own_size) size = drawn(name[screens[i]], 1);
        send_all(screens[i], frame, (size_t)size);
    }
}

static int door(const char *at) {
    int fd, on = 1, failed;
    if (strchr(at, '/')) {
        struct sockaddr_un here = {.sun_family = AF_UNIX};
        strncpy(here.sun_path, at, sizeof here.sun_path - 1);
        unlink(at);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        failed = bind(fd, (struct sockaddr *)&here, sizeof here);
    } else {
        struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(at))};
        here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        failed = bind(fd, (struct sockaddr *)&here, sizeof here);
    }
    if (failed || listen(fd, 4096)) { perror(at); exit(1); }
    return fd;
}

int main(int argc, char **argv) {
    struct rlimit most;
    struct epoll_event event, events[512];
    if (argc != 4) return 2;
    signal(SIGPIPE, SIG_IGN);  /* whoever left is noticed when read */
    shared_size = atoi(argv[2]);
    own_size = atoi(argv[3]);
    getrlimit(RLIMIT_NOFILE, &most);
    most.rlim_cur = most.rlim_max < MOST ? most.rlim_max : MOST;
    setrlimit(RLIMIT_NOFILE, &most);
    int gate = door(argv[1]), all = epoll_create1(0), on = 1;
    event = (struct epoll_event){.events = EPOLLIN, .data.fd = gate};
    epoll_ctl(all, EPOLL_CTL_ADD, gate, &event);
    for (;;) {
        int n = epoll_wait(all, events, 512, -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == gate) {
                while ((fd = accept4(gate, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                    heard[fd] = 0;
                    event = (struct epoll_event){.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.fd = fd};
                    epoll_ctl(all, EPOLL_CTL_ADD, fd, &event);
                }
                continue;
            }
            if (waiting[fd] && events[i].events & EPOLLOUT) go_on(fd);
            for (;;) {
                ssize_t got = read(fd, asked[fd] + heard[fd], sizeof asked[fd] - 1 - (size_t)heard[fd]);
                if (got < 0 && errno == EAGAIN) break;
                if (got <= 0) { leave(fd); break; }
                heard[fd] += (int)got;
                asked[fd][heard[fd]] = 0;
                if (strstr(asked[fd], "\r\n\r\n")) { answer(fd); heard[fd] = 0; }
            }
        }
    }
}
