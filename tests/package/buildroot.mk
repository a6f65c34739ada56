# SPDX-License-Identifier: MIT
# buildroot.mk - as much of Buildroot as it takes to carry out the commands of one of its packages, with the
# compiler of this machine.
#
#     make -f tests/package/buildroot.mk PACKAGE=rill SOURCE=/a/copy/of/its/sources build stage target
#     make -f tests/package/buildroot.mk PACKAGE=rill SOURCE=... print-VARIABLE
#
# BR2_EXTERNAL_RILL_PATH is the external tree, STAGING_DIR and TARGET_DIR are where things go; options of the menu
# (BR2_PACKAGE_RILL_TOOL=y) stand on the command line.

# What stands on the command line is for this file: packages have variables of these names, too.
MAKEOVERRIDES :=

qstrip = $(strip $(subst ",,$(1)))
github = archive-of($(1)/$(2)/$(3))
UPPER := $(shell printf %s $(PACKAGE) | tr a-z A-Z)

TARGET_MAKE_ENV := PATH="$(PATH)"
TARGET_CC ?= cc
TARGET_AR ?= ar
TARGET_CFLAGS := -Os
TARGET_CONFIGURE_OPTS = CC="$(TARGET_CC)" AR="$(TARGET_AR)" NM=nm CFLAGS="$(TARGET_CFLAGS)" \
	CPPFLAGS="-D_LARGEFILE_SOURCE" LDFLAGS=""
HOSTCC ?= cc
ARCH ?= x86_64
# JOBS=-j2, for the makes of the package alone: Buildroot does one step after the other.
MAKE := $(MAKE) $(JOBS)

include $(BR2_EXTERNAL_RILL_PATH)/external.mk

.PHONY: configure build stage target
configure: $(SOURCE)/.configure
build: configure $(SOURCE)/.build
stage: build $(SOURCE)/.stage
target: build $(SOURCE)/.target

# As in Buildroot, $(@D) is the folder of the package's sources.
$(SOURCE)/.configure:
	$($(UPPER)_CONFIGURE_CMDS)
$(SOURCE)/.build:
	$($(UPPER)_BUILD_CMDS)
$(SOURCE)/.stage:
	$($(UPPER)_INSTALL_STAGING_CMDS)
$(SOURCE)/.target:
	$($(UPPER)_INSTALL_TARGET_CMDS)

print-%:
	@printf '%s\n' '$($*)'
