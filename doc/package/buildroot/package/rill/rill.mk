# SPDX-License-Identifier: MIT
################################################################################
#
# rill
#
################################################################################

# This external tree is a part of rill's own, so the sources that belong to it lie three folders up.
RILL_VERSION = 0.1.0
RILL_SITE = $(BR2_EXTERNAL_RILL_PATH)/../../..
RILL_SITE_METHOD = local
RILL_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS = --exclude /build --exclude /.git
RILL_LICENSE = MIT
RILL_LICENSE_FILES = LICENSE
RILL_INSTALL_STAGING = YES
RILL_DEPENDENCIES = ck liburcu

RILL_MAKE_OPTS = $(TARGET_CONFIGURE_OPTS) O=build/target PREFIX=/usr

# A name of rill's own configurations, or a file.
RILL_CONFIG = $(call qstrip,$(BR2_PACKAGE_RILL_CONFIG))
RILL_CONFIG_FILE = $(if $(findstring /,$(RILL_CONFIG)),$(RILL_CONFIG),$(@D)/port/defconfig/$(RILL_CONFIG)_defconfig)

# What the menu says, behind what the file says: of two lines the last one holds.
RILL_CONFIG_LINES = \
	CONFIG_RILL_TRACE_CONFIG_JSON=$(if $(BR2_PACKAGE_RILL_TRACE_CONFIG_JSON),y,n) \
	CONFIG_RILL_FORWARD=$(if $(BR2_PACKAGE_RILL_FORWARD),y,n) \
	CONFIG_RILL_TOOL=$(if $(BR2_PACKAGE_RILL_TOOL),y,n) \
	CONFIG_RILL_PERFETTO=$(if $(and $(BR2_PACKAGE_RILL_TOOL),$(BR2_PACKAGE_PROTOBUF_C)),y,n)

ifeq ($(BR2_PACKAGE_RILL_TRACE_CONFIG_JSON),y)
RILL_DEPENDENCIES += json-c
endif
ifeq ($(BR2_PACKAGE_RILL_TOOL),y)
RILL_DEPENDENCIES += elfutils json-c
ifeq ($(BR2_PACKAGE_PROTOBUF_C),y)
RILL_DEPENDENCIES += host-protobuf-c protobuf-c
endif
endif

define RILL_CONFIGURE_CMDS
	mkdir -p $(@D)/build/target
	cat $(RILL_CONFIG_FILE) > $(@D)/build/target/.config
	printf '%s\n' $(RILL_CONFIG_LINES) >> $(@D)/build/target/.config
endef

define RILL_BUILD_CMDS
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D) $(RILL_MAKE_OPTS) all
endef

define RILL_INSTALL_STAGING_CMDS
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D) $(RILL_MAKE_OPTS) DESTDIR=$(STAGING_DIR) install
endef

# Headers, the static library and the manual leave the target with Buildroot's own clean-up.
define RILL_INSTALL_TARGET_CMDS
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D) $(RILL_MAKE_OPTS) DESTDIR=$(TARGET_DIR) install
endef

$(eval $(generic-package))
