/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a folder to a policy set: which files are read, in which order, and
 * what is said when one cannot be. The daemon and gatewayctl both use it.
 *
 *	DATADIR/policy		profiles: files named *.conf, in name order
 *	CONFDIR/gatewayd.conf	must be there
 *	CONFDIR/policy.d	*.conf, in name order
 *	DATADIR/catalogue.tsv	may be missing, as the folders may
 *	DATADIR/catalogue.d	*.tsv, in name order
 *	CONFDIR/catalogue.d	*.tsv, in name order
 *
 * Names that begin with a dot or end in '~' are passed over.
 */
#ifndef GATEWAYD_CONFIGURATION_H
#define GATEWAYD_CONFIGURATION_H

#include "policy/policy.h"

/* Where both programs look unless they are told otherwise. */
#define CONFIGURATION_DIRECTORY GATEWAYD_SYSCONFDIR
#define CONFIGURATION_STATEDIR GATEWAYD_STATEDIR
#define CONFIGURATION_SOCKET GATEWAYD_RUNDIR "/control.sock"

struct configuration {
	struct policy_source *sources;
	size_t source_count;
};

/* GATEWAYD_DATADIR of the environment, else the one that was built in. */
const char *configuration_data_directory(void);
/* GATEWAYD_STATEDIR of the environment, else CONFIGURATION_STATEDIR. */
const char *configuration_state_directory(void);

/*
 * Reads every file into memory. False: errors tell which could not be read and
 * what helps; *ret_configuration is then untouched.
 */
bool configuration_read(const char *directory, struct policy_errors *errors,
			struct configuration *ret_configuration);
void configuration_free(struct configuration *configuration);

/* Reads, checks, compiles. NULL: errors has everything that is wrong. */
struct policy_set *configuration_load(const char *directory, struct policy_errors *errors,
				      struct policy_errors *warnings);
/* The same while others wait; pause may be NULL. */
struct policy_set *configuration_load_with_pauses(const char *directory, const struct pause *pause,
						  struct policy_errors *errors,
						  struct policy_errors *warnings);

/*
 * Where a path that stands in a file is: as it is when absolute, else below
 * `directory`, the state directory or the data directory, whichever has it.
 * False: nowhere; the path below the state directory is returned, where a
 * download would put it.
 */
bool configuration_find(const char *directory, const char *path, char *ret_path, size_t size);

#endif
