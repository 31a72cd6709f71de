/* The load client: holds many streams, makes changes, and notes when each screen shows them. */
#ifndef LOAD_H
#define LOAD_H

#include <stddef.h>
#include <stdint.h>

typedef struct { char *bytes; size_t size; } Text;
typedef struct { Text *all; int count; } Texts;

/* What the plan file says, see plan.c. */
extern Texts stream_requests, post_requests;
extern Text token, first_token, hello, ping, pong;
extern int numbered;   /* two digits follow the token: which change it is */
extern int by_chunks;  /* no token can be read (compressed): a chunk of so many bytes is a frame */
extern int at_once;    /* how many posts are one change, one for each room */
void read_plan(const char *path);

double now(void);
int dial(int number);  /* a connection to the server, from an address of `number` */
void set_target(const char *text);
void watch(int fd, int id);  /* ids below POSTS are streams */
#define POSTS 1000000

/* streams.c */
extern int streams_open, streams_first, streams_lost;
extern long frames, stream_bytes;
void begin_streams(int count);
void stream_event(int id);
void open_more(void);
void close_streams(void);

/* changes.c */
#define MOST_CHANGES 100000
extern int changes;  /* how many were made in this run; the newest is changes - 1 */
extern int earlier;  /* how many were made before: their numbers go on, so that each is a change */
extern double made[MOST_CHANGES];
void forget_changes(int keep_latencies);
void shows(int stream, int change);
int everybody_shows(void);
long shown_in_all(void);
void print_latencies(void);
void ticked(const char *name);  /* a frame that came by the clock, known by the NAME bytes it begins with */
void print_spread(void);
#define NAME 16
int change_of(int stream, int number);
int newest_unshown(int stream);

/* posts.c */
extern int posts_waiting, posts_failed;
extern long posts_answered;
int post(int which);  /* begins to send this request; 0 when all lines are taken */
void post_event(int id);
void close_posts(void);

void step(double until);  /* handle what arrives, at most until then */

#endif
