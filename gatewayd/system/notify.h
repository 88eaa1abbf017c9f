/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telling the service manager that started us how far we are: sd_notify(3), without its library. */
#ifndef GATEWAYD_SYSTEM_NOTIFY_H
#define GATEWAYD_SYSTEM_NOTIFY_H

/*
 * "READY=1" to the socket that NOTIFY_SOCKET names, a path or, after an '@', an
 * abstract name. 0, also when nobody wants to know, or a negative errno.
 */
int notify_ready(void);

#endif
