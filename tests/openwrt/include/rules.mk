# SPDX-License-Identifier: GPL-2.0-or-later
# What comes before a package's first line in OpenWrt's build; see package.mk.
INCLUDE_DIR := $(TOPDIR)
