/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A refusal as a verdict with its replies. */
#ifndef GATEWAYD_ENGINE_REFUSE_H
#define GATEWAYD_ENGINE_REFUSE_H

#include "base/writer.h"
#include "engine/engine.h"

struct passage;

/* Of a flow that is blocked from here on. */
void refuse_flow(struct engine *engine, struct passage *passage);
void refuse_packet(struct engine *engine, struct passage *passage, enum policy_with with);
void refuse_onward(struct engine *engine, struct passage *passage);
/* Room for one more reply of this verdict. */
struct writer refuse_reply(struct engine *engine, const struct verdict *verdict);
void refuse_reply_done(struct verdict *verdict, const struct writer *writer);

#endif
