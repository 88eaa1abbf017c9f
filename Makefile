# SPDX-License-Identifier: GPL-2.0-or-later
#
# gatewayd: make, make check, make demo, make install. V=1 shows the commands.
# README.md lists the targets; tests/README.md tells how the tests are built.

PREFIX     ?= /usr
SBINDIR    ?= $(PREFIX)/sbin
DATADIR    ?= $(PREFIX)/share/gatewayd
MANDIR     ?= $(PREFIX)/share/man
SYSCONFDIR ?= /etc/gatewayd
BASHDIR    ?= $(PREFIX)/share/bash-completion/completions
DESTDIR    ?=
BUILD      ?= build
CC         ?= cc
AR         ?= ar
PKG_CONFIG ?= pkg-config
CFLAGS     ?= -O2 -g
VERSION    := $(shell cat VERSION)

# Optional parts: 1 or 0; found out when not said.
found       = $(if $(shell $(PKG_CONFIG) --exists $(1) 2>/dev/null && echo 1),1,0)
PCAP       ?= $(call found,libpcap)
CURL       ?= $(call found,libcurl)
CAPNG      ?= $(call found,libcap-ng)
SECCOMP    ?= $(call found,libseccomp)
LDNS_PC    := $(if $(filter 1,$(call found,ldns)),ldns,libldns)

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) '$(2)';)

WARNINGS := -Wall -Wextra -Wshadow -Wpointer-arith -Wcast-qual -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wconversion -Wswitch-enum -Wformat=2 -Wundef
ALL_CFLAGS = -std=c11 $(WARNINGS) $(CFLAGS) -iquote gatewayd -iquote . -MMD -MP \
	-DGATEWAYD_VERSION='"$(VERSION)"' -DGATEWAYD_DATADIR='"$(DATADIR)"' \
	-DGATEWAYD_SYSCONFDIR='"$(SYSCONFDIR)"' \
	-DHAVE_PCAP=$(PCAP) -DHAVE_CURL=$(CURL) -DHAVE_CAPNG=$(CAPNG) -DHAVE_SECCOMP=$(SECCOMP)

# What each layer needs from outside; see design in docs/architecture.md.
LIBS_redact  := $(LDNS_PC)
LIBS_policy  := libconfig
LIBS_capture := libnetfilter_queue libmnl $(if $(filter 1,$(PCAP)),libpcap)
LIBS_system  := libnftnl libmnl libmaxminddb $(if $(filter 1,$(CAPNG)),libcap-ng) \
	$(if $(filter 1,$(SECCOMP)),libseccomp)
LIBS_decode  := mbedcrypto
LIBS_daemon  := json-c
LIBS_client  := json-c $(if $(filter 1,$(CURL)),libcurl)

# mbedtls ships no .pc file in Debian, libev neither.
flags = $(shell $(PKG_CONFIG) --cflags $(filter-out mbedcrypto,$(1)) 2>/dev/null)
libs  = $(if $(filter-out mbedcrypto,$(1)),$(shell $(PKG_CONFIG) --libs $(filter-out mbedcrypto,$(1)))) \
	$(if $(filter mbedcrypto,$(1)),-lmbedcrypto)

LAYERS   := base decode policy redact engine capture system
DIR_base := gatewayd/base
DIR_decode := gatewayd/decode
DIR_redact := gatewayd/redact
DIR_engine := gatewayd/engine
DIR_capture := gatewayd/capture
DIR_system := gatewayd/system
DIR_policy := policy

# Archives a layer may call, itself first: the link order is the layering.
NEEDS_base    := base
NEEDS_decode  := decode base
NEEDS_policy  := policy base
NEEDS_redact  := redact decode base
NEEDS_engine  := engine redact decode policy base
NEEDS_capture := capture base
NEEDS_system  := system base

archive = $(BUILD)/lib$(1).a
layer_libs = $(call libs,$(sort $(foreach l,$(NEEDS_$(1)),$(LIBS_$(l)))))

DAEMON_SRC := $(filter-out gatewayd/gatewayctl%,$(wildcard gatewayd/*.c))
CLIENT_SRC := $(wildcard gatewayd/gatewayctl*.c) gatewayd/report.c
objects = $(patsubst %.c,$(BUILD)/%.o,$(1))

ALL_ARCHIVES := $(foreach l,engine redact decode policy capture system base,$(call archive,$(l)))
ALL_LIBS := $(call libs,$(sort $(foreach l,$(LAYERS),$(LIBS_$(l))) $(LIBS_daemon))) -lev

.PHONY: all clean install
all: $(BUILD)/gatewayd $(BUILD)/gatewayctl

define layer_rules
SRC_$(1) := $$(wildcard $$(DIR_$(1))/*.c)
$$(call archive,$(1)): $$(call objects,$$(SRC_$(1)))
	$$(call say,AR,$$@)rm -f $$@ && $$(AR) rcs $$@ $$^
$$(call objects,$$(SRC_$(1))): ALL_CFLAGS += $$(call flags,$$(LIBS_$(1)))
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rules,$(l))))

$(BUILD)/%.o: %.c Makefile VERSION
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/gatewayd: $(call objects,$(DAEMON_SRC)) $(ALL_ARCHIVES)
	$(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(ALL_LIBS)

$(BUILD)/gatewayctl: $(call objects,$(CLIENT_SRC)) $(ALL_ARCHIVES)
	$(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(ALL_LIBS) \
		$(call libs,$(LIBS_client))

# A unit test links its own layer and what that may call, and nothing else.
define unit_rules
$$(BUILD)/tests/unit/$(1)/%: tests/unit/$(1)/%.c $$(foreach l,$$(NEEDS_$(1)),$$(call archive,$$(l)))
	@mkdir -p $$(@D)
	$$(call say,TEST,$$@)$$(CC) $$(ALL_CFLAGS) $$(call flags,$$(LIBS_$(1))) $$(LDFLAGS) -o $$@ $$< \
		$$(wildcard tests/unit/support/*.c) \
		$$(filter %.a,$$^) $$(call layer_libs,$(1)) -lev -lcmocka
UNIT += $$(patsubst %.c,$$(BUILD)/%,$$(wildcard tests/unit/$(1)/test_*.c))
endef
$(foreach l,$(LAYERS),$(eval $(call unit_rules,$(l))))
.PHONY: unit
unit: $(UNIT)
	$(Q)for t in $(UNIT); do $$t || exit 1; done

clean:
	rm -rf build build-*

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
