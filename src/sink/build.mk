# SPDX-License-Identifier: MIT
# What all sinks share: outlets, queueing, rotation.
obj-$(if $(CONFIG_RILL_SINK_PLAIN),,y) += src/sink/address.o
obj-$(CONFIG_RILL_SUBSCRIBERS) += src/sink/batch_outlet.o
obj-$(CONFIG_RILL_SINK_CUSTOM) += src/sink/direct.o
obj-$(if $(CONFIG_RILL_SINK_CUSTOM),,y) += src/sink/no_direct.o
obj-$(CONFIG_RILL_SUBSCRIBERS) += src/sink/flat.o
obj-$(or $(CONFIG_RILL_JSON),$(packets),$(CONFIG_RILL_SUBSCRIBERS)) += src/sink/gaps.o
obj-$(packets) += src/sink/packet_outlet.o
obj-$(CONFIG_RILL_PACKET_PLAIN) += src/sink/packet_plain.o
obj-$(CONFIG_RILL_PACKET_PLAIN) += src/sink/packet_plain_put.o
obj-$(if $(CONFIG_RILL_SINK_SERIAL),$(CONFIG_RILL_BINARY)) += src/sink/packet_remind.o
obj-$(packets) += src/sink/packet_segment.o
obj-$(CONFIG_RILL_JSON) += src/sink/json_outlet.o
obj-$(CONFIG_RILL_SINK_MEMORY) += src/sink/memory.o
obj-$(CONFIG_RILL_JSON) += src/sink/named.o
obj-$(if $(CONFIG_RILL_SINK_MEMORY),,y) += src/sink/no_memory.o
obj-$(if $(CONFIG_RILL_LZ4)$(CONFIG_RILL_ZSTD),,$(packets)) += src/sink/no_packing.o
obj-$(if $(CONFIG_RILL_BINARY),,y) += src/sink/no_packet.o
obj-$(if $(CONFIG_RILL_JSON),,y) += src/sink/no_json.o
obj-$(if $(CONFIG_RILL_SUBSCRIBERS),,y) += src/sink/no_subscribers.o
obj-$(if $(CONFIG_RILL_SINK_PLAIN),,y) += src/sink/outlet_open.o
obj-$(CONFIG_RILL_SINK_PLAIN) += src/sink/outlet_plain.o
obj-$(or $(CONFIG_RILL_LZ4),$(CONFIG_RILL_ZSTD)) += src/sink/packing.o
obj-$(CONFIG_RILL_WRITER_THREAD) += src/sink/queue.o
queues := $(or $(CONFIG_RILL_JSON),$(packets),$(CONFIG_RILL_SUBSCRIBERS))
obj-$(if $(CONFIG_RILL_WRITER_THREAD),,$(queues)) += src/sink/queue_direct.o
obj-$(CONFIG_RILL_WRITER_THREAD) += src/sink/queue_writer.o
