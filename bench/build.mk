# SPDX-License-Identifier: MIT
# build.mk - the benchmarks: `make bench` runs them, one line of key=value per case; `make bench-report` writes tables and plots into
# doc/costs.md. `make rill-bench` builds the one for boards, and `make bench-insn` counts instructions.

bench-y := bench_consumer
bench-y += bench_disabled
bench-y += bench_emit
bench-$(CONFIG_RILL_FLIGHT) += bench_flight
bench-y += bench_growth
bench-y += bench_latency
bench-y += bench_load
bench-y += bench_rate
bench-y += bench_signals
bench-y += bench_sinks
bench-y += bench_size
bench-y += bench_strings
bench-y += bench_threads
bench-y += bench_wake
bench-y += bench_work
# Of the library's inside: what the consumer takes.
bench-inside-y := bench_json bench_merge bench_packet

bench-programs := $(addprefix $(O)/bench/,$(bench-y))
bench-shared := $(O)/bench/cases.o $(O)/bench/harness.o
# What the programs for the host share beside them: lab.h.
bench-lab := $(addprefix $(O)/bench/,harness.o lab.o lab_machine.o spent.o step.o)
bench-pace := $(addprefix $(O)/bench/,pace.o pages.o watch.o)
bench_consumer-objects := $(O)/bench/harness.o
bench_disabled-objects := $(bench-lab)
bench_emit-objects := $(bench-lab)
bench_flight-objects := $(bench-lab)
bench_growth-objects := $(bench-lab)
bench_latency-objects := $(bench-lab)
bench_load-objects := $(bench-lab) $(bench-pace)
bench_rate-objects := $(bench-lab) $(bench-pace)
bench_signals-objects := $(bench-lab)
bench_sinks-objects := $(bench-lab)
bench_strings-objects := $(bench-lab)
bench_threads-objects := $(bench-lab)
bench_wake-objects := $(bench-lab) $(O)/bench/watch.o
bench_work-objects := $(bench-lab)

# Against the shared library: what an application pays.
$(bench-programs): %: %.o $(bench-shared) $(bench-lab) $(bench-pace) $(O)/librill.so $(O)/.flags | $(O)/librill.so.0
	$(call say,LD,$@)
	$(Q)$(CC) $(link-flags) -o $@ $< $($(*F)-objects) -L$(O) -lrill -Wl,-rpath,'$$ORIGIN/..' $(lib-libs) -ldl

bench-inside := $(addprefix $(O)/bench/,$(bench-inside-y))
rings-objects := $(O)/bench/harness.o $(O)/bench/rings.o
$(bench-inside): %: %.o $(rings-objects) $(O)/librill.a $(O)/.flags
	$(call say,LD,$@)
	$(Q)$(CC) $(link-flags) -o $@ $< $(rings-objects) $(O)/librill.a $(lib-libs)

# One file that runs on any board of its processor, by a C library that leaves room for it: then this configuration without the tool, in a
# build folder below this one. Who brings a compiler or a sysroot of their own has a C library of their own.
board-target := $(if $(and $(filter build/sysroot/$(sysroot-$(ARCH)),$(SYSROOT)),$(filter $(cross-$(ARCH))gcc,$(CC))),$(bench-$(ARCH)))
ifneq ($(board-target),)
board-build := $(O)/$(board-target)
$(O)/bench/rill-bench: FORCE
	@mkdir -p $(board-build) $(@D)
	@{ grep -vE 'CONFIG_RILL_(TOOL|TOOL_[A-Z0-9]+|PERFETTO)[= ]' $(config); echo '# CONFIG_RILL_TOOL is not set'; } >$(board-build)/.config.new
	@cmp -s $(board-build)/.config.new $(board-build)/.config || cp $(board-build)/.config.new $(board-build)/.config
	@rm $(board-build)/.config.new
	+@$(MAKE) --no-print-directory ARCH=$(board-target) SYSROOT=build/sysroot/$(board-target) STATIC=1 O=$(board-build) $(board-build)/bench/rill-bench
	@cmp -s $(board-build)/bench/rill-bench $@ || cp $(board-build)/bench/rill-bench $@
else
board-objects := $(addprefix $(O)/bench/,board_consumer.o board_nested.o board_threads.o rill_bench.o spent.o) $(bench-shared)
$(O)/bench/rill-bench: $(board-objects) $(O)/librill.a $(O)/.flags
	$(call say,LD,$@)
	$(Q)$(CC) $(link-flags) -static -s -Wl,--gc-sections -o $@ $(board-objects) $(O)/librill.a $(lib-libs)
endif

# tests/rill_bench.sh runs it; a sanitizer's run has no scripts, and a brief one not this.
ifeq ($(SAN)$(BRIEF),)
check check-long: $(O)/bench/rill-bench
endif

# Likewise tests/bench_short.sh, and bench_report.sh.
ifneq ($(filter tests/bench_short.sh,$(if $(SAN)$(RUN)$(loader)$(STATIC),,$(check-y))),)
check check-long: $(bench-programs) $(bench-inside)
endif

.PHONY: bench bench-board bench-insn bench-report rill-bench
rill-bench bench-board: $(O)/bench/rill-bench
	@ls -l $<

bench: $(bench-programs) $(bench-inside) $(if $(tool-objects),$(O)/rill $(O)/tests/trace_maker $(O)/tests/measure)
	@set -e; cd $(O)/bench; for program in $(bench-y) $(bench-inside-y); do ./$$program; done
	@$(if $(tool-objects),RILL_BUILD=$(abspath $(O)) bash bench/bench_convert.sh)

bench-report: $(bench-programs) $(bench-inside) $(if $(tool-objects),$(O)/rill $(O)/tests/trace_maker $(O)/tests/measure)
	@RILL_BUILD=$(abspath $(O)) ONLY='$(ONLY)' DRAW='$(DRAW)' QUICK='$(QUICK)' bash bench/report.sh

# On x86 callgrind counts; elsewhere qemu.
bench-insn: $(O)/librill.a $(O)/librill.so $(O)/librill.so.0
	@RILL_BUILD=$(abspath $(O)) CC='$(CC)' RUN='$(RUN)' TARGET_FLAGS='$(target-flags)' \
		bash tests/$(if $(RUN),insn_cost,sites_cost).sh $(if $(WRITE),--write)

-include $(bench-programs:=.d) $(bench-inside:=.d) $(rings-objects:.o=.d) $(bench-lab:.o=.d) $(bench-pace:.o=.d) $(board-objects:.o=.d)

include bench/peers/build.mk
