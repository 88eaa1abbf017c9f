/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting: file descriptors, timers, signals, and a hook before each wait.
 * loop.c is the only file that knows which event library does it.
 *
 * A watch belongs to the loop until loop_unwatch(); that may be called from
 * any handler, its own included. A handler runs to its end before any other.
 */
#ifndef GATEWAYD_SYSTEM_LOOP_H
#define GATEWAYD_SYSTEM_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_watch;

#define LOOP_READ 1u
#define LOOP_WRITE 2u

/* events: LOOP_ bits for a descriptor, the number for a signal, else 0. */
typedef void loop_handler(void *context, unsigned events);

/* NULL: no memory, or no usable kernel interface. */
struct loop *loop_new(void);
/* And every watch that is left. */
void loop_free(struct loop *loop);

/* All four: NULL means no memory. */
struct loop_watch *loop_watch_fd(struct loop *loop, int fd, unsigned events, loop_handler *handler,
				 void *context);
/* Once after first_ms, then every repeat_ms; repeat_ms 0: only once. */
struct loop_watch *loop_watch_timer(struct loop *loop, uint32_t first_ms, uint32_t repeat_ms,
				    loop_handler *handler, void *context);
struct loop_watch *loop_watch_signal(struct loop *loop, int signal_number, loop_handler *handler,
				     void *context);
/* Called before each wait. */
struct loop_watch *loop_watch_prepare(struct loop *loop, loop_handler *handler, void *context);
/* NULL is allowed. */
void loop_unwatch(struct loop_watch *watch);

/* What a descriptor is waited for from now on; 0: nothing. */
void loop_set_events(struct loop_watch *watch, unsigned events);
/* Starts a timer anew. */
void loop_set_timer(struct loop_watch *watch, uint32_t first_ms, uint32_t repeat_ms);

/* Until loop_stop(). */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

#endif
