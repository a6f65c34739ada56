# SPDX-License-Identifier: MIT
# build.mk - rill beside its peers: `make bench-peers` measures all in one run and prints one table. Peers are optional: `.ci/deps peers`
# installs them, and what is not there has a row that says so. Nothing of a peer is linked into rill.

peers := $(O)/bench/peers
peer-shared := $(addprefix $(peers)/,peer_cost.o peer_main.o peer_rate.o)
peer-programs := $(peers)/peer_marker $(peers)/peer_rill
peer_lttng-libs := -llttng-ust -llttng-ust-common -ldl
peer_rill-libs := -L$(O) -lrill -Wl,-rpath,'$$ORIGIN/../..' $(lib-libs)

$(peer-programs) $(peers)/peer_lttng: %: %.o $(peer-shared) $(O)/.flags
	$(call say,LD,$@)
	$(Q)$(CC) $(link-flags) -o $@ $< $(peer-shared) $($(*F)-libs) -lpthread
$(peers)/peer_rill: $(O)/librill.so | $(O)/librill.so.0

.PHONY: bench-peers peer-programs
# Whether LTTng's headers are there is asked when they are wanted, not while make reads.
peer-programs: $(peer-programs)
	+@if echo '#include <lttng/tracepoint.h>' | $(CC) $(target-flags) -E -x c - >/dev/null 2>&1; then \
		$(MAKE) --no-print-directory O=$(base) $(peers)/peer_lttng; else rm -f $(peers)/peer_lttng; fi

ifneq ($(filter tests/peers.sh,$(if $(SAN),,$(scripts))),)
check check-long: peer-programs
endif

# What was measured last stays there, for the bars of bench-report.
bench-peers: peer-programs $(if $(tool-objects),$(O)/rill)
	@RILL_BUILD=$(abspath $(O)) CC='$(CC)' QUICK='$(QUICK)' \
		PEERS_RESULTS="$${PEERS_RESULTS:-$(abspath $(peers))/$(if $(QUICK),quick,results)}" bash bench/peers/bench_peers.sh $(if $(WRITE),--write)

-include $(peer-shared:.o=.d) $(peer-programs:=.d) $(peers)/peer_lttng.d
