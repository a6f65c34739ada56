# SPDX-License-Identifier: MIT
# build.mk - the litmus programs (litmus_help.h): short forms in `make check`, long ones in `make check-long`
# and `make litmus`, which also shows their figures.
test-$(CONFIG_RILL_SUBSCRIBERS) += litmus/litmus_causality
test-$(CONFIG_RILL_SUBSCRIBERS) += litmus/litmus_stop
test-$(CONFIG_RILL_SUBSCRIBERS) += litmus/litmus_watermark
test-$(and $(CONFIG_RILL_SUBSCRIBERS),$(CONFIG_RILL_SINK_FD),$(CONFIG_RILL_TOOL)) += litmus/litmus_denied
# What they ask of a processor, an emulator does not do.
slow-y += litmus/litmus_causality litmus/litmus_denied litmus/litmus_stop litmus/litmus_watermark
long-y += tests/litmus/litmus_long.sh
# Takes the barrier out.
litmus/litmus_watermark-libs := -Wl,--wrap=rill_port_barrier

.PHONY: litmus
litmus: all tests
	+@RILL_BUILD=$(abspath $(O)) SAN=$(SAN) bash tests/litmus/litmus_long.sh
