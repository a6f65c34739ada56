# SPDX-License-Identifier: MIT
# The consumer: watermark, merge, subscribers.
obj-y += src/route/clock.o
obj-y += src/route/consumer.o
obj-y += src/route/decode.o
obj-y += src/route/drain.o
obj-y += src/route/epoch.o
obj-y += src/route/feed.o
obj-y += src/route/intern.o
obj-y += src/route/losses.o
obj-y += src/route/merge.o
obj-y += src/route/notice.o
obj-y += src/route/pass.o
obj-y += src/route/route.o
obj-y += src/route/session.o
