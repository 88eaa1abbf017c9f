# SPDX-License-Identifier: GPL-2.0-or-later
#
# gatewayd: make, make check, make demo, make install. V=1 shows the commands.
#
#   make            both programs, in build/
#   make demo       a home of namespaces: a coffee maker, a camera, a laptop
#   make check      every test; installs what is missing on a Debian
#   make unit       only the unit tests; likewise config, replay, corpus, lint,
#                   openwrt, debian, cross, lab
#   make check-cross  more of the tests on more CPUs, under qemu
#   make check-vm   the lab on a stock kernel, in a virtual machine
#   make size       what the package for a MIPS router weighs
#   make fuzz       T=dns TIME=60: libFuzzer on one target
#   make bench      every measurement, beside its rivals
#   make install    DESTDIR, PREFIX
#   make deb        a Debian package, in build-deb/
#
# PCAP, CURL, CAPNG and SECCOMP are 1 or 0; found out when not said. For small
# flash: ONE=1 makes one program with two names, REMARKS=0 installs the tables
# without the columns and comments that are for people.
# tests/README.md tells how the tests are built.

PREFIX     ?= /usr
SBINDIR    ?= $(PREFIX)/sbin
DATADIR    ?= $(PREFIX)/share/gatewayd
MANDIR     ?= $(PREFIX)/share/man
SYSCONFDIR ?= /etc/gatewayd
STATEDIR   ?= /var/lib/gatewayd
RUNDIR     ?= /run/gatewayd
BASHDIR    ?= $(PREFIX)/share/bash-completion/completions
DESTDIR    ?=
BUILD      ?= build
CC         ?= cc
AR         ?= ar
PKG_CONFIG ?= pkg-config
CFLAGS     ?= -O2 -g
VERSION    := $(shell cat VERSION)

found       = $(if $(shell $(PKG_CONFIG) --exists $(1) 2>/dev/null && echo 1),1,0)
PCAP       ?= $(call found,libpcap)
CURL       ?= $(call found,libcurl)
CAPNG      ?= $(call found,libcap-ng)
SECCOMP    ?= $(call found,libseccomp)
LDNS_PC    := $(if $(filter 1,$(call found,ldns)),ldns,libldns)

Q := $(if $(V),,@)
quiet = $(V)$(findstring s,$(firstword -$(MAKEFLAGS)))
say = $(if $(quiet),$(if $(V),,@),@printf '  %-7s %s\n' $(1) '$(2)';)

WARNINGS := -Wall -Wextra -Wshadow -Wpointer-arith -Wcast-qual -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wconversion -Wswitch-enum -Wformat=2 -Wundef \
	$(if $(WERROR),-Werror)
# Time has 64 bits, also where a 32-bit C library has to be asked for it.
TIME_BITS := -D_TIME_BITS=64
ALL_CFLAGS = -std=c11 $(WARNINGS) $(CPPFLAGS) -D_FILE_OFFSET_BITS=64 $(TIME_BITS) $(CFLAGS) -iquote gatewayd -iquote . -MMD -MP \
	-DGATEWAYD_VERSION='"$(VERSION)"' -DGATEWAYD_DATADIR='"$(DATADIR)"' \
	-DGATEWAYD_SYSCONFDIR='"$(SYSCONFDIR)"' -DGATEWAYD_STATEDIR='"$(STATEDIR)"' \
	-DGATEWAYD_RUNDIR='"$(RUNDIR)"' \
	-DHAVE_PCAP=$(PCAP) -DHAVE_CURL=$(CURL) -DHAVE_CAPNG=$(CAPNG) -DHAVE_SECCOMP=$(SECCOMP)
# An archive may name a library that a program then does not use.
ALL_LDFLAGS = -Wl,--as-needed $(LDFLAGS)

# What each layer needs from outside; see docs/architecture.md.
LIBS_redact  := $(LDNS_PC)
LIBS_policy  := libconfig
LIBS_capture := libnetfilter_queue libmnl $(if $(filter 1,$(PCAP)),libpcap)
LIBS_system  := libnftnl libmnl libmaxminddb $(if $(filter 1,$(CAPNG)),libcap-ng) \
	$(if $(filter 1,$(SECCOMP)),libseccomp)
LIBS_decode  := mbedcrypto
LIBS_program := json-c
LIBS_daemon  := json-c
LIBS_client  := json-c $(if $(filter 1,$(CURL)),libcurl)

# mbedtls ships no .pc file in Debian, libev neither.
flags = $(shell $(PKG_CONFIG) --cflags $(filter-out mbedcrypto,$(1)) 2>/dev/null)
libs  = $(if $(filter-out mbedcrypto,$(1)),$(shell $(PKG_CONFIG) --libs $(filter-out mbedcrypto,$(1)))) \
	$(if $(filter mbedcrypto,$(1)),-lmbedcrypto)

LAYERS      := base decode policy redact engine capture system program daemon client
DIR_base    := gatewayd/base
DIR_decode  := gatewayd/decode
DIR_redact  := gatewayd/redact
DIR_engine  := gatewayd/engine
DIR_capture := gatewayd/capture
DIR_system  := gatewayd/system
DIR_policy  := policy
DIR_program := gatewayd
DIR_daemon  := gatewayd/daemon
DIR_client  := gatewayd/client

# Archives a layer may call, itself first: the link order is the layering.
NEEDS_base    := base
NEEDS_decode  := decode base
NEEDS_policy  := policy base
NEEDS_redact  := redact decode base
NEEDS_engine  := engine redact decode policy base
NEEDS_capture := capture base
NEEDS_system  := system base
NEEDS_program := program engine redact decode policy capture system base
NEEDS_daemon  := daemon $(NEEDS_program)
NEEDS_client  := client $(NEEDS_program)
NEEDS_both    := daemon $(NEEDS_client)

archive    = $(BUILD)/lib$(1).a
# Not beside the programs: one is called as a folder of sources.
objects    = $(patsubst %.c,$(BUILD)/objects/%.o,$(1))
archives   = $(foreach l,$(NEEDS_$(1)),$(call archive,$(l)))
layer_libs = $(call libs,$(sort $(foreach l,$(NEEDS_$(1)),$(LIBS_$(l))))) \
	$(if $(filter system,$(NEEDS_$(1))),-lev) -lm

# The programs: one file with main() each; all else in gatewayd/*.c is shared.
MAINS       := gatewayd/gatewayd.c gatewayd/gatewayctl.c gatewayd/both.c
SRC_program := $(filter-out $(MAINS),$(wildcard gatewayd/*.c))

.PHONY: all
PROGRAMS := $(if $(filter 1,$(ONE)),$(BUILD)/one,$(BUILD))
all: $(PROGRAMS)/gatewayd $(PROGRAMS)/gatewayctl

# Other flags than last time: everything is made anew. What a file has beside is
# private, or it would count here for whoever is asked for first. Tests that run at
# the same time may look at once, so each has a file of its own to compare.
.PHONY: FORCE
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@new=$@.$$$$; printf '%s\n' '$(CC) $(subst ','\'',$(ALL_CFLAGS))' >$$new; \
	if cmp -s $$new $@; then rm -f $$new; \
	elif $(PKG_CONFIG) --exists $(sort $(foreach l,$(LAYERS),$(filter-out mbedcrypto,$(LIBS_$(l))))) json-c 2>/dev/null; \
	then mv $$new $@; \
	else rm -f $$new; tests/deps.sh --say build; exit 1; fi

$(BUILD)/objects/%.o: %.c Makefile VERSION $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# But not where libpcap's own struct timeval is read: that has what libpcap has.
$(call objects,gatewayd/capture/pcap.c tests/replay/names.c): private TIME_BITS :=

define layer_rules
SRC_$(1) ?= $$(wildcard $$(DIR_$(1))/*.c)
$$(call archive,$(1)): $$(call objects,$$(SRC_$(1)))
	$$(call say,AR,$$@)rm -f $$@ && $$(AR) rcs $$@ $$^
$$(call objects,$$(SRC_$(1))): private ALL_CFLAGS += $$(call flags,$$(LIBS_$(1)))
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rules,$(l))))

define program_rule
$$(BUILD)/$(1): $$(BUILD)/objects/gatewayd/$(1).o $$(call archives,$(2))
	$$(call say,LD,$$@)$$(CC) $$(CFLAGS) $$(ALL_LDFLAGS) -o $$@ $$^ $$(call layer_libs,$(2))
endef
$(eval $(call program_rule,gatewayd,daemon))
$(eval $(call program_rule,gatewayctl,client))

# ONE=1: the client is a link to the daemon; see gatewayd/both.c.
$(BUILD)/objects/one/%.o: %.c Makefile VERSION $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) -include gatewayd/both.h \
		$(if $(filter both,$(*F)),,-Dmain=$(*F)_main) -c -o $@ $<
$(BUILD)/one/gatewayd: $(patsubst %.c,$(BUILD)/objects/one/%.o,$(MAINS)) $(call archives,both)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(call layer_libs,both)
$(BUILD)/one/gatewayctl: $(BUILD)/one/gatewayd
	$(Q)ln -sf gatewayd $@

# ---- tests ----

# A unit test links its own layer and what that may call, and nothing else.
SUPPORT := $(call objects,$(wildcard tests/unit/support/*.c))
define unit_rules
UNIT_$(1) := $$(patsubst %.c,$$(BUILD)/%,$$(wildcard tests/unit/$(1)/*.c))
$$(UNIT_$(1)): $$(BUILD)/%: $$(BUILD)/objects/%.o $$(SUPPORT) $$(call archives,$(1))
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)$$(CC) $$(CFLAGS) $$(ALL_LDFLAGS) -o $$@ $$^ $$(call layer_libs,$(1)) -lcmocka
$$(UNIT_$(1):$$(BUILD)/%=$$(BUILD)/objects/%.o): private ALL_CFLAGS += $$(call flags,$$(LIBS_$(1)))
UNIT += $$(UNIT_$(1))
endef
$(foreach l,$(LAYERS) both,$(eval $(call unit_rules,$(l))))

# Each target reads its corpus without libFuzzer; `make fuzz` has the real one.
CORPUS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
$(CORPUS): $(BUILD)/%: $(BUILD)/objects/%.o $(BUILD)/objects/tests/fuzz/run.o $(SUPPORT) $(call archives,both)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(call layer_libs,both)

# Small programs of the lab and of the measurements, each of one file.
TOOLS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/lab/*.c tests/bench/*.c tests/lint/*.c \
	tests/replay/*.c))
$(TOOLS): $(BUILD)/%: $(BUILD)/objects/%.o $(call archives,both)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(call layer_libs,both) $(TOOL_LIBS)

# The peer that bench_first measures beside us, where it is installed.
NDPI ?= $(call found,libndpi)
$(BUILD)/objects/tests/bench/bench_first.o: private ALL_CFLAGS += -DHAVE_NDPI=$(NDPI)
$(BUILD)/tests/bench/bench_first: TOOL_LIBS = $(if $(filter 1,$(NDPI)),-lndpi)

.PHONY: tests tools
tests: $(UNIT) $(CORPUS) $(TOOLS)
tools: $(filter-out $(BUILD)/tests/bench/%,$(TOOLS))
.SECONDARY:

# What the tests run: all of it again under sanitizers, installed below itself.
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
# gcc warns of code that UBSan added; the other builds have these on.
SEEN_BY_UBSAN := -Wno-conversion $(if $(findstring clang,$(CC)),,-Wno-alloc-size-larger-than)
CHECK := $(MAKE) BUILD=build-check CFLAGS='-O1 -g $(SANITIZE) $(SEEN_BY_UBSAN)' LDFLAGS='$(SANITIZE)' \
	PREFIX='$(CURDIR)/build-check/root' DESTDIR=
.PHONY: check-tests check-tools check-programs
check-tests:
	+$(Q)$(CHECK) tests
check-tools:
	+$(Q)$(CHECK) tools
check-programs:
	+$(Q)$(CHECK) all install

# How many things at a time, where this file says it.
JOBS  ?= $(shell nproc)
KINDS := unit config replay corpus lint openwrt debian cross lab
.PHONY: check $(KINDS)
check:
	$(Q)tests/deps.sh check
	$(Q)$(MAKE) --no-print-directory run-check
.PHONY: run-check
run-check:
	$(Q)MAKE='$(MAKE)' tests/run $(KINDS)
$(KINDS):
	$(Q)MAKE='$(MAKE)' tests/run $@
.PHONY: check-cross
check-cross:
	$(Q)tests/deps.sh cross
	$(Q)MAKE='$(MAKE)' CASES='$(or $(CASES),100000)' LIMIT=1200 CROSS='$(or $(CPU),s390x mipsel mips)' tests/run cross
.PHONY: size
size:
	$(Q)tests/deps.sh cross
	$(Q)JOBS='$(JOBS)' tests/cross/size
.PHONY: check-vm
check-vm:
	$(Q)tests/deps.sh vm
	$(Q)MAKE='$(MAKE)' tests/vm/run $(T)
	$(Q)$(if $(filter all,$(T)),tests/vm/selftest)

.PHONY: demo
demo:
	$(Q)tests/deps.sh demo
	+$(Q)$(MAKE) --no-print-directory -j$(JOBS) all
	$(Q)tests/lab/demo

.PHONY: bench
bench:
	$(Q)tests/deps.sh bench
	+$(Q)$(MAKE) --no-print-directory -j$(JOBS) all tests
	$(Q)BUILD='$(BUILD)' tests/bench/run $(B)

# libFuzzer: what it finds new goes to build-fuzz/, a crash fails the command.
T    ?=
TIME ?= 60
FUZZ_CC ?= clang
FUZZ_SUPPORT := $(patsubst $(BUILD)/%,build-fuzz/%,$(SUPPORT))
FUZZ_FLAGS := -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=undefined -fno-omit-frame-pointer
.PHONY: fuzz
fuzz:
	$(Q)test -f tests/fuzz/fuzz_$(T).c || { \
		echo "make fuzz T=NAME [TIME=60]; there are:"; \
		ls tests/fuzz/fuzz_*.c | sed 's,.*fuzz_\(.*\)\.c,  \1,'; exit 2; }
	$(Q)tests/deps.sh fuzz
	+$(Q)$(MAKE) --no-print-directory -j$(JOBS) BUILD=build-fuzz CC='$(FUZZ_CC)' CFLAGS='$(FUZZ_FLAGS)' \
		build-fuzz/objects/tests/fuzz/fuzz_$(T).o $(FUZZ_SUPPORT) $(foreach l,$(NEEDS_both),build-fuzz/lib$(l).a)
	$(Q)mkdir -p build-fuzz/corpus/$(T) tests/fuzz/corpus/$(T)
	$(call say,LD,build-fuzz/fuzz_$(T))$(FUZZ_CC) -fsanitize=fuzzer,address,undefined $(ALL_LDFLAGS) \
		-o build-fuzz/fuzz_$(T) build-fuzz/objects/tests/fuzz/fuzz_$(T).o $(FUZZ_SUPPORT) \
		$(foreach l,$(NEEDS_both),build-fuzz/lib$(l).a) $(call layer_libs,both)
	$(Q)build-fuzz/fuzz_$(T) -max_total_time=$(TIME) -print_final_stats=1 \
		-artifact_prefix=build-fuzz/$(T)- \
		$(if $(wildcard tests/fuzz/$(T).dict),-dict=tests/fuzz/$(T).dict) \
		build-fuzz/corpus/$(T) tests/fuzz/corpus/$(T)

# ---- install ----

MAN5 := $(wildcard policy/*.5)
MAN8 := $(wildcard gatewayd/*.8)
.PHONY: install
install: all
	$(Q)install -d '$(DESTDIR)$(SBINDIR)' '$(DESTDIR)$(DATADIR)/policy' \
		'$(DESTDIR)$(MANDIR)/man5' '$(DESTDIR)$(MANDIR)/man8' '$(DESTDIR)$(BASHDIR)' \
		'$(DESTDIR)$(SYSCONFDIR)/policy.d'
	$(call say,INSTALL,$(DESTDIR)$(SBINDIR))install -m 755 $(PROGRAMS)/gatewayd '$(DESTDIR)$(SBINDIR)'
	$(Q)rm -f '$(DESTDIR)$(SBINDIR)/gatewayctl'
	$(Q)$(if $(filter 1,$(ONE)),ln -s gatewayd,install -m 755 $(PROGRAMS)/gatewayctl) '$(DESTDIR)$(SBINDIR)/gatewayctl'
	$(Q)$(if $(MAN5),install -m 644 $(MAN5) '$(DESTDIR)$(MANDIR)/man5')
	$(Q)$(if $(MAN8),install -m 644 $(MAN8) '$(DESTDIR)$(MANDIR)/man8')
	$(Q)for f in policy/profiles/*.conf; do \
		test ! -f "$$f" || install -m 644 "$$f" '$(DESTDIR)$(DATADIR)/policy' || exit 1; done
	$(Q)for f in policy/catalogue/*.tsv; do \
		test ! -f "$$f" || install -m 644 "$$f" '$(DESTDIR)$(DATADIR)' || exit 1; done
	$(Q)$(if $(filter 0,$(REMARKS)),for f in catalogue:6 doh:2 identify:6 payload_keys:2; do \
		sed -e '1i# Remarks and origins and licences: policy/catalogue/ in the source of gatewayd.' -e '/^#/d' \
			"policy/catalogue/$${f%:*}.tsv" | cut -f 1-$${f#*:} >'$(DESTDIR)$(DATADIR)'/"$${f%:*}.tsv" || exit 1; done)
	$(Q)install -m 755 contrib/country-data.sh '$(DESTDIR)$(DATADIR)'
	$(Q)for f in contrib/gatewayctl.bash; do \
		test ! -f "$$f" || install -m 644 "$$f" '$(DESTDIR)$(BASHDIR)/gatewayctl' || exit 1; done
	$(Q)for f in gatewayd.conf policy.d/home.conf; do \
		test ! -f "contrib/etc/$$f" || test -f "$(DESTDIR)$(SYSCONFDIR)/$$f" || \
		install -m 644 "contrib/etc/$$f" "$(DESTDIR)$(SYSCONFDIR)/$$f" || exit 1; done

# A copy of the tree, with the recipe where Debian's tools look for it.
DEB_TREE := build-deb/gatewayd-$(VERSION)
.PHONY: deb
deb:
	$(Q)tests/deps.sh deb
	$(Q)rm -rf build-deb && mkdir -p $(DEB_TREE)
	$(Q)tar --exclude=./.git --exclude=./build --exclude='./build-*' -c . | tar -x -C $(DEB_TREE)
	$(Q)cp -R contrib/debian $(DEB_TREE)/debian
	$(call say,DEB,build-deb)cd $(DEB_TREE) && env -u MAKEFLAGS -u MFLAGS -u BUILD -u CFLAGS -u LDFLAGS \
		dpkg-buildpackage -b -us -uc -j$(JOBS) >../log 2>&1 || { tail -n 30 ../log; exit 1; }
	$(Q)ls build-deb/*.deb

.PHONY: clean
clean:
	rm -rf build build-*

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
