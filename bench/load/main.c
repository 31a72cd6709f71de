/* load TARGET PLAN: holds the streams of a plan and makes its changes. TARGET is a port of this
   machine or the path of a unix socket. Commands come by stdin, and each gets one line of JSON:

   open COUNT          opens so many streams; how long until each had its first view
   saturate SECONDS    the next change as soon as the last screen shows the one before
   pace SECONDS RATE   so many changes a second; how long until each screen shows each
   drive SECONDS RATE  so many posts a second; frames are counted, whichever post they came from,
                       and how long after the first screen each other one had them
   flood SECONDS COUNT so many posts on their way at any time
   close               closes all streams */
#define _GNU_SOURCE
#include "load.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#define PATIENCE 20.0  /* seconds without a change shown everywhere: it is lost */

static int poll_fd;
static const char *unix_path;
static struct sockaddr_in server;

double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void set_target(const char *text) {
    if (strchr(text, '/')) { unix_path = text; return; }
    server.sin_family = AF_INET;
    server.sin_port = htons((uint16_t)atoi(text));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

int dial(int number) {
    int fd = socket(unix_path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1, failed;
    if (fd < 0) { perror("socket"); exit(2); }
    if (unix_path) {
        struct sockaddr_un there = {.sun_family = AF_UNIX};
        strncpy(there.sun_path, unix_path, sizeof there.sun_path - 1);
        failed = connect(fd, (struct sockaddr *)&there, sizeof there);
    } else {
        struct sockaddr_in here = {.sin_family = AF_INET};
        here.sin_addr.s_addr = htonl(0x7f280001u + (uint32_t)number);  /* 127.40.0.1 and on */
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (bind(fd, (struct sockaddr *)&here, sizeof here)) { perror("bind"); exit(2); }
        failed = connect(fd, (struct sockaddr *)&server, sizeof server);
    }
    if (failed && errno != EINPROGRESS) { perror("connect"); exit(2); }
    return fd;
}

void watch(int fd, int id) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP, .data.u32 = (uint32_t)id};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event);
}

void step(double until) {
    struct epoll_event events[512];
    double wait = (until - now()) * 1000;
    int n = epoll_wait(poll_fd, events, 512, wait > 0 ? (int)wait + 1 : 0);
    for (int i = 0; i < n; i++) {
        int id = (int)events[i].data.u32;
        if (id >= POSTS) post_event(id);
        else stream_event(id);
    }
}

static void change(void) {
    made[changes] = now();
    int cycle = post_requests.count / at_once, which = (earlier + changes++) % cycle;
    for (int i = 0; i < at_once; i++) post(which * at_once + i);
}

static double began, cpu_began;

static void begin(int keep_latencies) {
    forget_changes(keep_latencies);
    posts_answered = frames = stream_bytes = 0;
    posts_failed = 0;
    began = now();
    cpu_began = cpu();
}

static void report(void) {
    double seconds = now() - began;
    printf("{\"seconds\": %.6f, \"client\": %.4f, \"streams\": %d, \"lost\": %d, \"changes\": %d, "
           "\"deliveries\": %ld, \"frames\": %ld, \"bytes\": %ld, \"posts\": %ld, \"failed\": %d",
           seconds, (cpu() - cpu_began) / seconds, streams_open - streams_lost, streams_lost, changes,
           shown_in_all(), frames, stream_bytes, posts_answered, posts_failed);
}

static void end(void) {
    printf("}\n");
    fflush(stdout);
}

static void open_all(int count) {
    begin(0);
    begin_streams(count);
    while (streams_first + streams_lost < count && now() < began + 3 * PATIENCE) {
        step(began + 3 * PATIENCE);
        open_more();
    }
    report();
    printf(", \"first\": %d", streams_first);
    end();
}

static void saturate(double seconds) {
    int stuck = 0;
    begin(0);
    while (now() < began + seconds && changes < MOST_CHANGES && !stuck) {
        change();
        while (posts_waiting || !everybody_shows()) {
            if (now() > made[changes - 1] + PATIENCE) { stuck = 1; break; }
            step(made[changes - 1] + PATIENCE);
        }
    }
    report();
    printf(", \"stuck\": %d", stuck);
    end();
}

static void pace(double seconds, double rate) {
    begin((int)(seconds * rate));
    while (changes < (int)(seconds * rate)) {
        double next = began + changes / rate;
        while (now() < next) step(next);
        change();
    }
    while ((posts_waiting || !everybody_shows()) && now() < began + seconds + PATIENCE)
        step(began + seconds + PATIENCE);
    report();
    print_latencies();
    end();
}

static void drive(double seconds, double rate) {
    static int which;  /* goes on in the next run: a page never counts backwards */
    long sent = 0;
    begin(0);
    while (now() < began + seconds) {
        double next = began + (double)sent / rate;
        if (next > began + seconds) next = began + seconds;
        while (now() < next) step(next);
        sent += post(which++);
    }
    report();
    print_spread();
    end();
}

static void flood(double seconds, int count) {
    long sent = 0;
    begin(0);
    while (now() < began + seconds) {
        while (posts_waiting < count && post((int)(sent % post_requests.count))) sent++;
        step(began + seconds);
    }
    report();
    end();
    while (posts_waiting && now() < began + seconds + PATIENCE) step(began + seconds + PATIENCE);
}

int main(int argc, char **argv) {
    struct rlimit most;
    char command[16], line[256];
    if (argc != 3) { fprintf(stderr, "load TARGET PLAN\n"); return 2; }
    getrlimit(RLIMIT_NOFILE, &most);
    most.rlim_cur = most.rlim_max;
    setrlimit(RLIMIT_NOFILE, &most);
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    set_target(argv[1]);
    read_plan(argv[2]);
    forget_changes(0);
    while (fgets(line, sizeof line, stdin)) {
        double a = 0, b = 0;
        if (sscanf(line, "%15s %lf %lf", command, &a, &b) < 1) continue;
        if (!strcmp(command, "open")) open_all((int)a);
        else if (!strcmp(command, "saturate")) saturate(a);
        else if (!strcmp(command, "pace")) pace(a, b);
        else if (!strcmp(command, "drive")) drive(a, b);
        else if (!strcmp(command, "flood")) flood(a, (int)b);
        else if (!strcmp(command, "close")) { begin(0); close_streams(); close_posts(); report(); end(); }
        else fprintf(stderr, "no such command: %s", line);
    }
    return 0;
}
