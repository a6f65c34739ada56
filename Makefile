# SPDX-License-Identifier: MIT
# Makefile - builds rill with plain GNU make. `make help` lists the goals and the variables.
#
# What is built stands in each folder's build.mk, chosen by the CONFIG_ symbols of Kconfig:
# obj-y (the library), tool-y (the program rill), test-y and check-y (tests/build.mk).

# Goals that install tools, set the configuration or remove the output change what a build reads at its
# start. In a line with other goals (`make deps demo`) each goal therefore gets a make of its own, in order.
goals := $(or $(MAKECMDGOALS),all)
alone := $(filter deps deps-all clean help menuconfig defconfig olddefconfig savedefconfig %_defconfig,$(goals))
ifneq ($(and $(alone),$(word 2,$(goals))),)
.PHONY: $(goals) one-by-one
$(goals): one-by-one
	@:
one-by-one:
	+@set -e; for goal in $(goals); do $(MAKE) --no-print-directory $$goal; done
else
include src/rules.mk
endif
