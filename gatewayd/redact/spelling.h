/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All the ways in which a secret is written on the wire; for secrets.c, which
 * declares secrets_add() and secrets_add_mac().
 */
#ifndef GATEWAYD_REDACT_SPELLING_H
#define GATEWAYD_REDACT_SPELLING_H

#include "redact/secrets.h"

/* One spelling, to be found byte by byte. */
enum secrets_error secrets_add_spelling(struct redact_secrets *secrets, struct bytes text,
					unsigned category);

#endif
