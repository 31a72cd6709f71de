/* The posts: a few lines that are kept, each with one request on its way. */
#define _GNU_SOURCE
#include "load.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <sys/socket.h>

#define LINES 256
#define REQUESTS 100  /* then a line comes from another address, so that no limit counts it */

typedef struct { int fd, busy, requests, retried; size_t sent; Text text; int heard; char answer[8192]; } Line;

int posts_waiting, posts_failed;
long posts_answered;
static Line lines[LINES];
static int addresses;

static void hang_up(Line *line) {
    if (line->requests) close(line->fd);
    line->requests = 0;
}

static void push(Line *line) {
    while (line->sent < line->text.size) {
        ssize_t n = send(line->fd, line->text.bytes + line->sent, line->text.size - line->sent, MSG_NOSIGNAL);
        if (n < 0) return;  /* goes on when the line can be written */
        line->sent += (size_t)n;
    }
}

static void ask(Line *line) {
    if (line->requests >= REQUESTS) hang_up(line);
    if (!line->requests++) {
        line->fd = dial(100 + addresses++ % 100);
        watch(line->fd, POSTS + (int)(line - lines));
    }
    line->sent = 0;
    line->heard = 0;
    push(line);
}

int post(int which) {
    for (Line *line = lines; line < lines + LINES; line++) {
        if (line->busy) continue;
        line->busy = 1;
        line->retried = 0;
        line->text = post_requests.all[which % post_requests.count];
        posts_waiting++;
        ask(line);
        return 1;
    }
    return 0;
}

static void done(Line *line, int good) {
    if (!good && !posts_failed++) fprintf(stderr, "a post failed: %.400s\n", line->answer);
    line->busy = 0;
    posts_waiting--;
    posts_answered++;
}

static int whole(const char *answer, int size) {
    const char *body = strstr(answer, "\r\n\r\n"), *length;
    if (!body) return 0;
    body += 4;
    if (!strncmp(answer + 9, "204", 3)) return 1;
    if ((length = strcasestr(answer, "\r\ncontent-length:")) && length < body)
        return answer + size - body >= atoi(length + 17);
    return size >= 5 && !strcmp(answer + size - 5, "0\r\n\r\n");
}

void post_event(int id) {
    Line *line = &lines[id - POSTS];
    if (!line->requests) return;
    if (line->busy && line->sent < line->text.size) push(line);
    for (;;) {
        ssize_t got = recv(line->fd, line->answer + line->heard, sizeof line->answer - 1 - (size_t)line->heard, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOTCONN)) return;
        if (got <= 0) {  /* the server closed a line that was kept: once more on a fresh one */
            int again = line->busy && !line->retried++ && !line->heard;
            hang_up(line);
            if (again) ask(line);
            else if (line->busy) done(line, 0);
            return;
        }
        line->heard += (int)got;
        line->answer[line->heard] = 0;
        if (!line->busy || !whole(line->answer, line->heard)) continue;
        if (strcasestr(line->answer, "\r\nconnection: close")) hang_up(line);
        done(line, line->answer[9] == '2');
        return;
    }
}

void close_posts(void) {
    for (Line *line = lines; line < lines + LINES; line++) {
        hang_up(line);
        line->busy = 0;
    }
    posts_waiting = 0;
}
