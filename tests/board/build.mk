# SPDX-License-Identifier: MIT
# build.mk - whole boards in an emulator: Debian's kernel, a traced program, and a line to the host.
#
#     make board BOARD=virt32        one, or several: BOARD='vexpress virt64'
#     make board-all                 all of them
#     make ARCH=armhf board-programs what runs on them, into build/armhf/board
#
# Both run tests/board/run.sh, which says what else it takes.

boards := vexpress virt32 virt64

board-programs := $(addprefix $(O)/board/,demo rill-forward)

# No dynamic library is on these boards, nor a debugger.
$(O)/board/demo: $(O)/tests/board/demo.o $(O)/librill.a $(O)/.flags
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(link-flags) -static -s -o $@ $< $(O)/librill.a $(lib-libs) -lrt

$(O)/board/rill-forward: $(forward-objects) $(O)/librill.a $(O)/.objects $(O)/.flags
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(link-flags) -static -s -Wl,--gc-sections -o $@ $(forward-objects) $(O)/librill.a $(lib-libs)

.PHONY: board board-all board-programs
board-programs: $(board-programs)

board: all
	$(if $(CROSS_COMPILE),$(error make board is run for the host: without ARCH= and CROSS_COMPILE=))
	$(if $(BOARD),,$(error BOARD= is missing: one or more of "$(boards)" is wanted))
	$(if $(filter-out $(boards),$(BOARD)),$(error BOARD=$(BOARD): "$(boards)" are the boards there are))
	+@RILL_BUILD=$(abspath $(O)) MAKE='$(MAKE)' tests/board/run.sh $(BOARD)

board-all:
	+@$(MAKE) --no-print-directory board BOARD='$(boards)'

-include $(O)/tests/board/demo.d
