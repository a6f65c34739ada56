# SPDX-License-Identifier: MIT
# external.mk - the packages of this tree, for Buildroot.
include $(sort $(wildcard $(BR2_EXTERNAL_RILL_PATH)/package/*/*.mk))
