# SPDX-License-Identifier: MIT
# build.mk - the benchmarks: `make bench` runs them, one line of key=value per case.

bench-y := bench_emit bench_size

bench-programs := $(addprefix $(O)/bench/,$(bench-y))

# Against the shared library: what an application pays.
$(bench-programs): %: %.o $(O)/librill.so $(O)/.flags
	$(call say,LD,$@)
	$(Q)$(CC) $(link-flags) -o $@ $< -L$(O) -lrill -Wl,-rpath,'$$ORIGIN/..' $(lib-libs)

.PHONY: bench
bench: $(bench-programs) $(if $(tool-objects),$(O)/rill $(O)/tests/trace_maker $(O)/tests/measure)
	@set -e; for program in $(bench-programs); do $$program; done
	@$(if $(tool-objects),RILL_BUILD=$(abspath $(O)) bash bench/bench_convert.sh)

-include $(bench-programs:=.d)
