/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the two main() are called where both programs are one file (make ONE=1);
 * the Makefile includes this before them.
 */
#ifndef GATEWAYD_BOTH_H
#define GATEWAYD_BOTH_H

int gatewayd_main(int argc, char **argv);
int gatewayctl_main(int argc, char **argv);

#endif
