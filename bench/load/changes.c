/* Which change each screen shows, and how long after it was posted. */
#include "load.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int changes, earlier;
double made[MOST_CHANGES];

static int *shown;        /* by stream: the newest change it has shown */
static int behind;        /* how many streams do not show the newest change */
static long total;
static float *delays;     /* of each change on each screen, when they are kept */
static double *last;      /* of each change: when the last screen showed it */
static long delays_count;
static int keeping;
static float *spread;     /* of ticks: how long after the first screen each one showed it */
static long spread_count, spread_room;

void forget_changes(int keep_latencies) {
    int n = stream_requests.count;
    earlier += changes;
    changes = 0;
    total = delays_count = spread_count = 0;
    behind = 0;
    keeping = keep_latencies;
    free(shown); free(delays); free(last);
    shown = malloc(sizeof(int) * (size_t)(n + 1));
    for (int i = 0; i < n; i++) shown[i] = -1;
    delays = keep_latencies ? malloc(sizeof(float) * (size_t)n * (size_t)keep_latencies) : NULL;
    last = calloc((size_t)(keep_latencies ? keep_latencies : 1), sizeof(double));
}

/* The change with this number, from 10 on and round again: the oldest that is not yet shown. */
int change_of(int stream, int number) {
    int cycle = post_requests.count / at_once;
    for (int c = shown[stream] + 1; c < changes; c++)
        if ((earlier + c) % cycle == number - 10) return c;
    return -1;
}

int newest_unshown(int stream) {
    return shown[stream] < changes - 1 ? changes - 1 : -1;
}

void shows(int stream, int change) {
    double at = now();
    if (change <= shown[stream]) return;
    total++;
    for (int c = shown[stream] + 1; keeping && c <= change && c < keeping; c++) {
        delays[delays_count++] = (float)(at - made[c]);
        last[c] = at - made[c];
    }
    shown[stream] = change;
}

int everybody_shows(void) {
    for (int i = behind; i < streams_open; i++)
        if (shown[i] < changes - 1) { behind = i; return 0; }
    behind = 0;
    return 1;
}

long shown_in_all(void) { return total; }

/* Ticks: changes that the server's clock makes, and nobody here knows when. */
#define REMEMBERED 64
#define SAME 0.5  /* seconds; names come again later */

static struct { char name[NAME]; double first; } ticks[REMEMBERED];
static int next_tick;

void ticked(const char *name) {
    double at = now();
    int i = 0;
    while (i < REMEMBERED && (at - ticks[i].first > SAME || memcmp(ticks[i].name, name, NAME))) i++;
    if (i == REMEMBERED) {
        i = next_tick++ % REMEMBERED;
        memcpy(ticks[i].name, name, NAME);
        ticks[i].first = at;
    }
    if (spread_count == spread_room) {
        spread_room = spread_room ? spread_room * 2 : 4096;
        spread = realloc(spread, sizeof(float) * (size_t)spread_room);
    }
    spread[spread_count++] = (float)(at - ticks[i].first);
}

static int by_float(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static int by_double(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void print_latencies(void) {
    int count = changes < keeping ? changes : keeping;
    long missing = (long)count * streams_open - delays_count;
    if (!delays_count) { printf(", \"missing\": %ld", missing); return; }
    qsort(delays, (size_t)delays_count, sizeof(float), by_float);
    qsort(last, (size_t)count, sizeof(double), by_double);
    printf(", \"p50\": %.6f, \"p99\": %.6f", delays[delays_count / 2], delays[delays_count * 99 / 100]);
    printf(", \"last_p50\": %.6f, \"last_p99\": %.6f, \"missing\": %ld", last[count / 2],
           last[count * 99 / 100], missing);
}

void print_spread(void) {
    if (!spread_count) return;
    qsort(spread, (size_t)spread_count, sizeof(float), by_float);
    printf(", \"p50\": %.6f, \"p99\": %.6f", spread[spread_count / 2], spread[spread_count * 99 / 100]);
}
