# SPDX-License-Identifier: MIT
################################################################################
#
# ck
#
################################################################################

CK_VERSION = 0.7.1
CK_SITE = $(call github,concurrencykit,ck,$(CK_VERSION))
CK_LICENSE = BSD-2-Clause, Apache-2.0 (ck_hp), BSD-style (ck_pr_rtm)
CK_LICENSE_FILES = LICENSE
CK_INSTALL_STAGING = YES

# configure starts what it compiles, and finds out nothing by it but that the compiler is of gcc's kind. So
# the host's compiler answers there, the platform is said, and make gets the target's compiler. Without
# --platform the headers would be those of the host, which have no fences for other processors.
define CK_CONFIGURE_CMDS
	cd $(@D) && CC="$(HOSTCC)" CFLAGS="$(TARGET_CFLAGS)" \
		./configure --prefix=/usr --platform=$(CK_PLATFORM)
endef

CK_PLATFORM = $(call qstrip,$(patsubst i%86,i686,$(patsubst powerpc64%,ppc64,$(ARCH))))

CK_MAKE_OPTS = CC="$(TARGET_CC)" LD="$(TARGET_CC)" AR="$(TARGET_AR)"

define CK_BUILD_CMDS
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D)/src $(CK_MAKE_OPTS) all
endef

define CK_INSTALL_STAGING_CMDS
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D) DESTDIR=$(STAGING_DIR) \
		install-headers install-so install-lib
endef

define CK_INSTALL_TARGET_CMDS
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D) DESTDIR=$(TARGET_DIR) install-so
endef

$(eval $(generic-package))
