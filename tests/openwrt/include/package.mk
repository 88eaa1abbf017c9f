# SPDX-License-Identifier: GPL-2.0-or-later
#
# The few variables of OpenWrt's build that a package's Makefile uses here, so
# that its install lines can be run: `make install-NAME INTO=FOLDER`, and
# `make show-VARIABLE`; `make text OF=VARIABLE` for one of several lines.

INSTALL_DIR := install -d -m 755
INSTALL_BIN := install -m 755
INSTALL_DATA := install -m 644
INSTALL_CONF := install -m 600
TAR := tar
CP := cp -fpR
LN := ln -sf
SED := sed -i -e

show-%:
	@echo '$($*)'
.PHONY: text
text:
	@: $(info $($(OF)))

define BuildPackage
$(eval $(Package/$(1)))
DEPENDS_$(1) := $(DEPENDS)
USERID_$(1) := $(USERID)
.PHONY: install-$(1)
install-$(1):
	$(call Package/$(1)/install,$(INTO))
endef
