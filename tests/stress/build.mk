# SPDX-License-Identifier: MIT
# build.mk - the stress: one program of all scenarios, linked with librill.a and nothing else, so that it can be built for any board, and
# the shared object that one of them loads.
#
#     make O=DIR CROSS_COMPILE=... stress      builds both into DIR/tests; stress-run also runs them
stress-y :=
stress-y += big
stress-y += check
stress-y += children
stress-y += churn
stress-y += clone
stress-y += crowd
stress-y += destructors
stress-y += emit
stress-y += endings
stress-y += fifo
stress-y += first
stress-y += flood
stress-y += held
stress-y += leaps
stress-y += main
stress-y += observers
stress-$(if $(STATIC),,y) += plugin
stress-$(if $(STATIC),y) += no_plugin
stress-y += reenter
stress-y += scopes
stress-y += sessions
stress-y += stall
stress-y += table
stress-y += watch
stress-y += wrap

stress-objects := $(patsubst %,$(O)/tests/stress/%.o,$(sort $(stress-y)))

# stress_plugin.so takes librill's functions from the program, which must therefore hold and offer them.
$(O)/tests/stress_run: $(stress-objects) $(O)/librill.a $(O)/.flags
	$(call say,LD,$@)
	$(Q)$(CC) $(test-link-flags) $(if $(STATIC),,-rdynamic) -o $@ $(stress-objects) $(O)/librill.a $(lib-libs) -ldl -lrt

$(O)/tests/stress_plugin.so: $(O)/tests/stress/plugin_object.o $(O)/.flags
	$(call say,LD,$@)
	$(Q)$(CC) $(link-flags) -shared -o $@ $<

.PHONY: stress stress-run
stress: $(O)/tests/stress_run $(if $(STATIC),,$(O)/tests/stress_plugin.so)

# One table, to be seen: SCALE= percent of a long run, SEED= that of an earlier table, ONLY= scenarios by parts of their names.
stress-run: stress
	+@RILL_BUILD=$(abspath $(O)) SAN=$(SAN) RILL_RUN='$(RUN)' STRESS_SCALE=$(or $(SCALE),1) STRESS_SEED=$(SEED) \
		STRESS_ONLY='$(ONLY)' bash tests/stress.sh

-include $(stress-objects:.o=.d) $(O)/tests/stress/plugin_object.d
