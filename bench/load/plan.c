/* The plan: a file of records, each a letter, a size of four bytes (little end first), the bytes.

   S  the request of one stream      P  one post, in the order they are made
   T  what tells a frame on a screen F  what tells that a first view is whole
   H  sent when the first bytes of a stream have come (a websocket's hello)
   Q  what a server says to see whether we live, and A what is answered
   n  the token is followed by two digits, the number of the change, from 10 on
   c  frames are chunks of at least so many bytes (text)    r  so many posts are one change (text) */
#include "load.h"
#include <stdio.h>
#include <stdlib.h>

Texts stream_requests, post_requests;
Text token, first_token, hello, ping, pong;
int numbered, by_chunks, at_once = 1;

static void add(Texts *texts, Text text) {
    if ((texts->count & (texts->count - 1)) == 0)
        texts->all = realloc(texts->all, sizeof(Text) * (size_t)(texts->count ? texts->count * 2 : 1));
    texts->all[texts->count++] = text;
}

void read_plan(const char *path) {
    FILE *file = fopen(path, "rb");
    unsigned char head[5];
    if (!file) { perror(path); exit(2); }
    while (fread(head, 1, 5, file) == 5) {
        size_t size = head[1] | head[2] << 8 | head[3] << 16 | (size_t)head[4] << 24;
        Text text = {malloc(size + 1), size};
        if (fread(text.bytes, 1, size, file) != size) { fprintf(stderr, "the plan is cut\n"); exit(2); }
        text.bytes[size] = 0;
        switch (head[0]) {
        case 'S': add(&stream_requests, text); break;
        case 'P': add(&post_requests, text); break;
        case 'T': token = text; break;
        case 'F': first_token = text; break;
        case 'H': hello = text; break;
        case 'Q': ping = text; break;
        case 'A': pong = text; break;
        case 'n': numbered = 1; break;
        case 'c': by_chunks = atoi(text.bytes); break;
        case 'r': at_once = atoi(text.bytes); break;
        default: fprintf(stderr, "the plan has a record %c\n", head[0]); exit(2);
        }
    }
    fclose(file);
}
