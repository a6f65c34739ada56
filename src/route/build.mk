# SPDX-License-Identifier: MIT
# The consumer: watermark, merge, subscribers.
obj-$(or $(CONFIG_RILL_CLOCK_COUNTER),$(CONFIG_RILL_CLOCK_NOTICES)) += src/route/clock.o
obj-$(and $(CONFIG_RILL_CLOCK_COUNTER),$(CONFIG_RILL_FLIGHT)) += src/route/clock_learn.o
obj-$(if $(CONFIG_RILL_CLOCK_COUNTER)$(CONFIG_RILL_CLOCK_NOTICES),,y) += src/route/clock_kernel.o
obj-$(or $(CONFIG_RILL_CLOCK_COUNTER),$(CONFIG_RILL_CLOCK_NOTICES)) += src/route/clock_take.o
obj-y += src/route/consumer.o
obj-y += src/route/decode.o
obj-y += src/route/drain.o
obj-$(CONFIG_RILL_CLOCK_COUNTER) += src/route/epoch.o
obj-y += src/route/feed.o
obj-y += src/route/give.o
obj-$(CONFIG_RILL_DYNAMIC) += src/route/intern.o
obj-$(CONFIG_RILL_EARLY) += src/route/kept.o
obj-y += src/route/losses.o
obj-y += src/route/merge.o
obj-$(CONFIG_RILL_CLOCK_NOTICES) += src/route/notice.o
obj-$(if $(CONFIG_RILL_CLOCK_NOTICES),,y) += src/route/no_notice.o
obj-y += src/route/pass.o
obj-$(CONFIG_RILL_QUICK) += src/route/plan.o
obj-$(CONFIG_RILL_QUICK) += src/route/quick.o
obj-y += src/route/route.o
obj-y += src/route/session.o
obj-$(CONFIG_RILL_FLIGHT) += src/route/snapshot.o
