/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loop on libev. Nobody else includes ev.h, so another library is one
 * file away. A watch is one allocation that holds libev's watcher.
 */
#define _GNU_SOURCE
#include <stdlib.h>

#include <ev.h>

#include "system/loop.h"

enum watch_kind {
	WATCH_FD,
	WATCH_TIMER,
	WATCH_SIGNAL,
	WATCH_PREPARE,
};

struct loop {
	struct ev_loop *ev;
	struct loop_watch *watches;
};

struct loop_watch {
	struct loop *loop;
	struct loop_watch *next, **link;
	enum watch_kind kind;
	loop_handler *handler;
	void *context;
	union {
		ev_io io;
		ev_timer timer;
		ev_signal signal;
		ev_prepare prepare;
	} ev;
};

static void handle_fd(struct ev_loop *ev, ev_io *io, int events)
{
	struct loop_watch *watch = io->data;
	unsigned seen = 0;

	(void)ev;
	if (events & EV_READ)
		seen |= LOOP_READ;
	if (events & EV_WRITE)
		seen |= LOOP_WRITE;
	watch->handler(watch->context, seen);
}

static void handle_timer(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct loop_watch *watch = timer->data;

	(void)ev, (void)events;
	watch->handler(watch->context, 0);
}

static void handle_signal(struct ev_loop *ev, ev_signal *signal, int events)
{
	struct loop_watch *watch = signal->data;

	(void)ev, (void)events;
	watch->handler(watch->context, (unsigned)signal->signum);
}

static void handle_prepare(struct ev_loop *ev, ev_prepare *prepare, int events)
{
	struct loop_watch *watch = prepare->data;

	(void)ev, (void)events;
	watch->handler(watch->context, 0);
}

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	loop->ev = ev_loop_new(EVFLAG_AUTO);
	if (!loop->ev) {
		free(loop);
		return NULL;
	}
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	while (loop->watches)
		loop_unwatch(loop->watches);
	ev_loop_destroy(loop->ev);
	free(loop);
}

static struct loop_watch *new_watch(struct loop *loop, enum watch_kind kind, loop_handler *handler,
				    void *context)
{
	struct loop_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	watch->loop = loop;
	watch->kind = kind;
	watch->handler = handler;
	watch->context = context;
	watch->next = loop->watches;
	watch->link = &loop->watches;
	if (watch->next)
		watch->next->link = &watch->next;
	loop->watches = watch;
	return watch;
}

static int fd_events(unsigned events)
{
	return (events & LOOP_READ ? EV_READ : 0) | (events & LOOP_WRITE ? EV_WRITE : 0);
}

struct loop_watch *loop_watch_fd(struct loop *loop, int fd, unsigned events, loop_handler *handler,
				 void *context)
{
	struct loop_watch *watch = new_watch(loop, WATCH_FD, handler, context);

	if (!watch)
		return NULL;
	ev_io_init(&watch->ev.io, handle_fd, fd, fd_events(events));
	watch->ev.io.data = watch;
	if (events)
		ev_io_start(loop->ev, &watch->ev.io);
	return watch;
}

struct loop_watch *loop_watch_timer(struct loop *loop, uint32_t first_ms, uint32_t repeat_ms,
				    loop_handler *handler, void *context)
{
	struct loop_watch *watch = new_watch(loop, WATCH_TIMER, handler, context);

	if (!watch)
		return NULL;
	ev_timer_init(&watch->ev.timer, handle_timer, first_ms / 1e3, repeat_ms / 1e3);
	watch->ev.timer.data = watch;
	ev_now_update(loop->ev);
	ev_timer_start(loop->ev, &watch->ev.timer);
	return watch;
}

struct loop_watch *loop_watch_signal(struct loop *loop, int signal_number, loop_handler *handler,
				     void *context)
{
	struct loop_watch *watch = new_watch(loop, WATCH_SIGNAL, handler, context);

	if (!watch)
		return NULL;
	ev_signal_init(&watch->ev.signal, handle_signal, signal_number);
	watch->ev.signal.data = watch;
	ev_signal_start(loop->ev, &watch->ev.signal);
	return watch;
}

struct loop_watch *loop_watch_prepare(struct loop *loop, loop_handler *handler, void *context)
{
	struct loop_watch *watch = new_watch(loop, WATCH_PREPARE, handler, context);

	if (!watch)
		return NULL;
	ev_prepare_init(&watch->ev.prepare, handle_prepare);
	watch->ev.prepare.data = watch;
	ev_prepare_start(loop->ev, &watch->ev.prepare);
	return watch;
}

void loop_unwatch(struct loop_watch *watch)
{
	if (!watch)
		return;
	switch (watch->kind) {
	case WATCH_FD:
		ev_io_stop(watch->loop->ev, &watch->ev.io);
		break;
	case WATCH_TIMER:
		ev_timer_stop(watch->loop->ev, &watch->ev.timer);
		break;
	case WATCH_SIGNAL:
		ev_signal_stop(watch->loop->ev, &watch->ev.signal);
		break;
	case WATCH_PREPARE:
		ev_prepare_stop(watch->loop->ev, &watch->ev.prepare);
		break;
	}
	*watch->link = watch->next;
	if (watch->next)
		watch->next->link = watch->link;
	free(watch);
}

void loop_set_events(struct loop_watch *watch, unsigned events)
{
	int wanted = fd_events(events);

	if ((watch->ev.io.events & (EV_READ | EV_WRITE)) == wanted &&
	    ev_is_active(&watch->ev.io) == (events != 0))
		return;
	ev_io_stop(watch->loop->ev, &watch->ev.io);
	ev_io_set(&watch->ev.io, watch->ev.io.fd, wanted);
	if (events)
		ev_io_start(watch->loop->ev, &watch->ev.io);
}

void loop_set_timer(struct loop_watch *watch, uint32_t first_ms, uint32_t repeat_ms)
{
	ev_timer_stop(watch->loop->ev, &watch->ev.timer);
	ev_timer_set(&watch->ev.timer, first_ms / 1e3, repeat_ms / 1e3);
	/* A handler that worked long must not see its timer fire too early. */
	ev_now_update(watch->loop->ev);
	ev_timer_start(watch->loop->ev, &watch->ev.timer);
}

void loop_run(struct loop *loop)
{
	ev_run(loop->ev, 0);
}

void loop_stop(struct loop *loop)
{
	ev_break(loop->ev, EVBREAK_ALL);
}
