/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "system/clock.h"
#include "system/loop.h"

struct probe {
	struct loop *loop;
	struct loop_watch *watch, *other;
	unsigned calls, stop_after, events;
	int fd;
};

static void count(void *context, unsigned events)
{
	struct probe *probe = context;

	probe->calls++;
	probe->events |= events;
	if (probe->calls == probe->stop_after)
		loop_stop(probe->loop);
}

static void stop(void *context, unsigned events)
{
	(void)events;
	loop_stop(context);
}

static void test_timer(void **state)
{
	struct probe probe = {.loop = loop_new(), .stop_after = 5};
	int64_t before = clock_monotonic_ms(), took;

	(void)state;
	probe.watch = loop_watch_timer(probe.loop, 20, 10, count, &probe);
	loop_run(probe.loop);
	took = clock_monotonic_ms() - before;
	assert_int_equal(probe.calls, 5);
	assert_true(took >= 55);
	loop_free(probe.loop);
}

static void test_timer_once_and_again(void **state)
{
	struct probe probe = {.loop = loop_new(), .stop_after = 2};

	(void)state;
	probe.watch = loop_watch_timer(probe.loop, 0, 0, count, &probe);
	loop_watch_timer(probe.loop, 50, 0, stop, probe.loop);
	loop_run(probe.loop);
	assert_int_equal(probe.calls, 1);
	loop_set_timer(probe.watch, 1, 0);
	loop_run(probe.loop);
	assert_int_equal(probe.calls, 2);
	loop_free(probe.loop);
}

static void read_byte(void *context, unsigned events)
{
	struct probe *probe = context;
	char byte;

	count(context, events);
	if (events & LOOP_READ)
		assert_int_equal(read(probe->fd, &byte, 1), 1);
}

static void test_descriptor(void **state)
{
	struct probe probe = {.loop = loop_new(), .stop_after = 3};
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "abc", 3), 3);
	probe.fd = ends[0];
	probe.watch = loop_watch_fd(probe.loop, ends[0], LOOP_READ, read_byte, &probe);
	loop_run(probe.loop);
	assert_int_equal(probe.events, LOOP_READ);
	/* Nothing is waited for: it is not called, however readable. */
	assert_int_equal(write(ends[1], "d", 1), 1);
	loop_set_events(probe.watch, 0);
	loop_watch_timer(probe.loop, 30, 0, stop, probe.loop);
	loop_run(probe.loop);
	assert_int_equal(probe.calls, 3);
	loop_set_events(probe.watch, LOOP_READ);
	probe.stop_after = 4;
	loop_run(probe.loop);
	assert_int_equal(probe.calls, 4);
	loop_free(probe.loop);
	close(ends[0]);
	close(ends[1]);
}

static void unwatch_both(void *context, unsigned events)
{
	struct probe *probe = context;

	count(context, events);
	loop_unwatch(probe->watch);
	loop_unwatch(probe->other);
}

/* A handler may end its own watch and one whose turn would come next. */
static void test_unwatch_in_handler(void **state)
{
	struct probe probe = {.loop = loop_new()};
	int ends[2], others[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(pipe(others), 0);
	probe.watch = loop_watch_fd(probe.loop, ends[1], LOOP_WRITE, unwatch_both, &probe);
	probe.other = loop_watch_fd(probe.loop, others[1], LOOP_WRITE, unwatch_both, &probe);
	loop_watch_timer(probe.loop, 30, 0, stop, probe.loop);
	loop_run(probe.loop);
	assert_int_equal(probe.calls, 1);
	loop_unwatch(NULL);
	loop_free(probe.loop);
	for (unsigned i = 0; i < 2; i++) {
		close(ends[i]);
		close(others[i]);
	}
}

static void test_signal(void **state)
{
	struct probe probe = {.loop = loop_new(), .stop_after = 1};

	(void)state;
	loop_watch_signal(probe.loop, SIGUSR2, count, &probe);
	assert_int_equal(kill(getpid(), SIGUSR2), 0);
	loop_run(probe.loop);
	assert_int_equal(probe.events, SIGUSR2);
	loop_free(probe.loop);
}

static void test_prepare(void **state)
{
	struct probe probe = {.loop = loop_new()};

	(void)state;
	loop_watch_prepare(probe.loop, count, &probe);
	loop_watch_timer(probe.loop, 10, 0, stop, probe.loop);
	loop_run(probe.loop);
	assert_true(probe.calls >= 1);
	loop_free(probe.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timer),      cmocka_unit_test(test_timer_once_and_again),
		cmocka_unit_test(test_descriptor), cmocka_unit_test(test_unwatch_in_handler),
		cmocka_unit_test(test_signal),     cmocka_unit_test(test_prepare),
	};

	return cmocka_run_group_tests_name("system/loop", tests, NULL, NULL);
}
