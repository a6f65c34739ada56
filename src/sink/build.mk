# SPDX-License-Identifier: MIT
# What all sinks share: outlets, queueing, rotation.
obj-y += src/sink/address.o
obj-$(CONFIG_RILL_SUBSCRIBERS) += src/sink/batch_outlet.o
obj-y += src/sink/direct.o
obj-$(CONFIG_RILL_SUBSCRIBERS) += src/sink/flat.o
obj-y += src/sink/gaps.o
obj-$(CONFIG_RILL_BINARY) += src/sink/packet_outlet.o
obj-$(CONFIG_RILL_BINARY) += src/sink/packet_remind.o
obj-$(CONFIG_RILL_BINARY) += src/sink/packet_segment.o
obj-$(CONFIG_RILL_JSON) += src/sink/json_outlet.o
obj-$(CONFIG_RILL_SINK_MEMORY) += src/sink/memory.o
obj-$(CONFIG_RILL_JSON) += src/sink/named.o
obj-$(if $(CONFIG_RILL_SINK_MEMORY),,y) += src/sink/no_memory.o
obj-$(if $(CONFIG_RILL_LZ4)$(CONFIG_RILL_ZSTD),,$(CONFIG_RILL_BINARY)) += src/sink/no_packing.o
obj-$(if $(CONFIG_RILL_BINARY),,y) += src/sink/no_packet.o
obj-$(if $(CONFIG_RILL_JSON),,y) += src/sink/no_json.o
obj-$(if $(CONFIG_RILL_SUBSCRIBERS),,y) += src/sink/no_subscribers.o
obj-y += src/sink/outlet_open.o
obj-$(or $(CONFIG_RILL_LZ4),$(CONFIG_RILL_ZSTD)) += src/sink/packing.o
obj-y += src/sink/queue.o
obj-y += src/sink/queue_writer.o
