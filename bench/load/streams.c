/* The streams: each is opened, read for ever, and searched for what its screen shows. */
#define _GNU_SOURCE
#include "load.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#define TAIL 64
#define WINDOW 100  /* so many may wait for their first byte: no queue of a server overflows */

typedef struct {
    int fd, asked, answered, first, chunked, left, line;  /* left: of a chunk; line: in its size */
    long bytes;
    int tail_size, size;
    char tail[TAIL];
} Stream;

int streams_open, streams_first, streams_lost;
long frames, stream_bytes;
static Stream *streams;
static int wanted, begun, waiting;
static char buffer[TAIL + 262144];

void begin_streams(int count) {
    streams = calloc((size_t)count, sizeof(Stream));
    wanted = count;
    begun = waiting = streams_open = streams_first = streams_lost = 0;
    open_more();
}

void open_more(void) {
    while (begun < wanted && waiting < WINDOW) {
        Stream *s = &streams[begun];
        s->fd = dial(begun / 200);
        watch(s->fd, begun++);
        waiting++;
    }
}

void close_streams(void) {
    for (int i = 0; i < begun; i++) if (streams[i].fd >= 0) close(streams[i].fd);
    free(streams);
    streams = NULL;
    begun = wanted = streams_open = 0;
}

static void lose(Stream *s) {
    close(s->fd);
    s->fd = -1;
    streams_lost++;
    if (!s->answered) { s->answered = 1; waiting--; }
}

static void frame(int id) {
    frames++;
    if (changes && !numbered) shows(id, newest_unshown(id));
}

/* Takes the bytes of a chunked answer out of their chunks, to where they begin; where they end. */
static char *unwrap(int id, char *at, char *end) {
    Stream *s = &streams[id];
    char *to = at;
    while (at < end) {
        if (s->left > 0) {
            long take = end - at < s->left ? end - at : s->left;
            memmove(to, at, (size_t)take);
            to += take;
            at += take;
            s->left -= (int)take;
            if (!s->left && by_chunks && s->size >= by_chunks && s->first) frame(id);
        } else if (*at == '\n') {
            at++;
            s->left = s->line ? s->size : 0;
            s->line = 0;
        } else {
            char c = *at++ | 32;
            int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
            if (digit < 0) continue;  /* the end of a line */
            s->size = s->line ? s->size * 16 + digit : digit;
            s->line = 1;
        }
    }
    return to;
}

static void tokens(int id, char *at, char *end) {
    size_t whole = token.size + (numbered ? 2 : NAME);
    while ((at = memmem(at, (size_t)(end - at), token.bytes, token.size)) && at + whole <= end) {
        if (numbered) {
            int number = (at[token.size] - '0') * 10 + at[token.size + 1] - '0';
            int change = change_of(id, number);
            if (change >= 0) { shows(id, change); frames++; }
        } else {
            ticked(at + token.size);
            frame(id);
        }
        at += whole;
    }
}

void stream_event(int id) {
    Stream *s = &streams[id];
    if (s->fd < 0) return;
    if (!s->asked) {
        Text request = stream_requests.all[id];
        if (send(s->fd, request.bytes, request.size, MSG_NOSIGNAL) != (ssize_t)request.size) {
            if (errno != EAGAIN && errno != ENOTCONN) lose(s);
            return;
        }
        s->asked = 1;
    }
    for (;;) {
        memcpy(buffer, s->tail, (size_t)s->tail_size);
        ssize_t got = recv(s->fd, buffer + s->tail_size, sizeof buffer - TAIL, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (got <= 0) { lose(s); return; }
        char *begin = buffer, *fresh = buffer + s->tail_size, *end = fresh + got;
        stream_bytes += got;
        s->bytes += got;
        if (!s->answered) {
            s->answered = 1;
            waiting--;
            streams_open++;
            if (hello.size && send(s->fd, hello.bytes, hello.size, MSG_NOSIGNAL) < 0) { lose(s); return; }
            char status = got > 12 ? fresh[9] : '?';
            if (status != '2' && status != '1') {
                fprintf(stderr, "a stream was refused: %.300s\n", fresh);
                lose(s);
                return;
            }
        }
        if (ping.size && (size_t)got == ping.size && !memcmp(fresh, ping.bytes, ping.size))
            if (send(s->fd, pong.bytes, pong.size, MSG_NOSIGNAL) < 0) { lose(s); return; }
        if (s->bytes == got) {  /* the first bytes begin with the head of the answer */
            char *body = memmem(fresh, (size_t)got, "\r\n\r\n", 4);
            s->chunked = body && memmem(fresh, (size_t)(body - fresh), "chunked", 7);
            if (body) fresh = begin = body + 4;
        }
        if (s->chunked) end = unwrap(id, fresh, end);
        if (by_chunks) {
            if (!s->first && s->bytes > 800) { s->first = 1; streams_first++; }
        } else {
            if (!s->first && memmem(begin, (size_t)(end - begin), first_token.bytes, first_token.size)) {
                s->first = 1;
                streams_first++;
            }
            tokens(id, begin, end);
            size_t keep = token.size + (numbered ? 2 : NAME) - 1;
            if (!s->first && first_token.size > keep) keep = first_token.size - 1;
            if (keep > (size_t)(end - begin)) keep = (size_t)(end - begin);
            memcpy(s->tail, end - keep, keep);
            s->tail_size = (int)keep;
        }
        if (got < (ssize_t)(sizeof buffer - TAIL)) return;
    }
}
