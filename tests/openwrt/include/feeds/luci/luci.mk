# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the luci feed makes of an application's folder, in as far as one without
# code of its own has it: a package with the folder's name, htdocs below /www,
# root below /, and its templates' name. Used as package.mk is.

PKG_NAME ?= $(notdir $(CURDIR))
LUCI_BASENAME := $(patsubst luci-app-%,%,$(PKG_NAME))
LUCI_PKGARCH ?= $(if $(wildcard src),,all)

include $(INCLUDE_DIR)/package.mk

define Package/$(PKG_NAME)
  SECTION:=luci
  CATEGORY:=LuCI
  SUBMENU:=3. Applications
  TITLE:=$(LUCI_TITLE)
  DEPENDS:=$(LUCI_DEPENDS)
  PKGARCH:=$(LUCI_PKGARCH)
endef

define Package/$(PKG_NAME)/install
	$(INSTALL_DIR) $(1)/www
	cp -r htdocs/. $(1)/www
	cp -r root/. $(1)
endef

$(eval $(call BuildPackage,$(PKG_NAME)))
