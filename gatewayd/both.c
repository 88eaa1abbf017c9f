/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both programs in one file, which is who it is called as; for small flash,
 * since most of what they do they share.
 */
#include <string.h>

#include "both.h"

int main(int argc, char **argv)
{
	const char *name = argc > 0 ? strrchr(argv[0], '/') : NULL;

	name = name ? name + 1 : argc > 0 ? argv[0] : "";
	return strcmp(name, "gatewayctl") == 0 ? gatewayctl_main(argc, argv)
					       : gatewayd_main(argc, argv);
}
