# SPDX-License-Identifier: MIT
# What port.h asks for, on Linux.
obj-y += port/linux/barrier.o
obj-y += port/linux/clock.o
obj-y += port/linux/clock_cntvct.o
obj-y += port/linux/clock_cp15.o
obj-y += port/linux/clock_posix.o
obj-y += port/linux/clock_rdtime.o
obj-$(CONFIG_RILL_CLOCK_TSC) += port/linux/clock_tsc.o
obj-y += port/linux/futex.o
obj-y += port/linux/memory.o
obj-y += port/linux/probe.o
obj-y += port/linux/process.o
obj-$(CONFIG_RILL_SINK_FD) += port/linux/sink_fd.o
obj-$(CONFIG_RILL_SINK_FILE) += port/linux/sink_file.o
obj-$(if $(CONFIG_RILL_SINK_FD),,y) += port/linux/sink_no_fd.o
obj-$(if $(CONFIG_RILL_SINK_FILE),,y) += port/linux/sink_no_file.o
obj-$(CONFIG_RILL_SINK_FILE) += port/linux/sink_open.o
obj-$(CONFIG_RILL_SINK_FILE) += port/linux/sink_pages.o
obj-$(CONFIG_RILL_SINK_FILE) += port/linux/sink_pattern.o
obj-$(or $(CONFIG_RILL_SINK_FD),$(CONFIG_RILL_SINK_FILE)) += port/linux/sink_quiet.o
obj-$(or $(CONFIG_RILL_SINK_FD),$(CONFIG_RILL_SINK_FILE)) += port/linux/sink_stream.o
obj-y += port/linux/text.o
obj-y += port/linux/thread.o
obj-y += port/linux/thread_info.o
obj-$(CONFIG_RILL_TRACE_MARKER) += port/linux/trace_marker.o
obj-y += port/linux/machine.o
