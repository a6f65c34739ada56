# SPDX-License-Identifier: MIT
# build.mk - makes traces of any size, for the tests of memory and time, and seeds for the fuzz targets.

trace-maker := $(O)/tests/trace_maker
trace-maker-objects := $(addprefix $(O)/tests/hostile/,json.o packets.o trace_maker.o)

$(trace-maker): $(trace-maker-objects) $(O)/librill.a $(O)/.flags
	$(call say,LD,$@)
	$(Q)$(CC) $(link-flags) -o $@ $(trace-maker-objects) $(O)/librill.a $(lib-libs)

$(O)/tests/measure: $(O)/tests/hostile/measure.o $(O)/.flags
	$(call say,LD,$@)
	$(Q)$(CC) $(link-flags) -o $@ $<

ifeq ($(CONFIG_RILL_BINARY)$(CONFIG_RILL_TOOL),yy)
tests: $(trace-maker) $(O)/tests/measure
endif

-include $(trace-maker-objects:.o=.d) $(O)/tests/hostile/measure.d
