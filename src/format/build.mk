# SPDX-License-Identifier: MIT
# What the bytes look like; agreed by target and host.
obj-$(or $(CONFIG_RILL_BINARY),$(CONFIG_RILL_SINK_SERIAL)) += src/format/cobs.o
obj-$(CONFIG_RILL_BINARY) += src/format/crc32c.o
obj-$(CONFIG_RILL_BINARY) += src/format/packet_define.o
obj-$(CONFIG_RILL_BINARY) += src/format/packet_form.o
obj-$(CONFIG_RILL_BINARY) += src/format/packet_write.o
obj-$(CONFIG_RILL_JSON) += src/format/json.o
obj-$(CONFIG_RILL_JSON) += src/format/json_line.o
obj-$(CONFIG_RILL_JSON) += src/format/json_meta.o
obj-$(CONFIG_RILL_JSON) += src/format/json_slices.o
obj-$(CONFIG_RILL_JSON) += src/format/json_time.o
obj-$(CONFIG_RILL_JSON) += src/format/json_value.o
obj-y += src/format/text.o
obj-y += src/format/text_double.o
obj-y += src/format/text_json.o
# Reading is the tool's; so is the rest where the library writes no packets, or no JSON.
tool-$(CONFIG_RILL_TOOL) += src/format/packet_decode.o
tool-$(CONFIG_RILL_TOOL) += src/format/packet_define_read.o
tool-$(CONFIG_RILL_TOOL) += src/format/packet_read.o
tool-$(CONFIG_RILL_TOOL) += src/format/packet_stream.o
tool-$(if $(CONFIG_RILL_BINARY)$(CONFIG_RILL_SINK_SERIAL),,$(CONFIG_RILL_TOOL)) += src/format/cobs.o
tool-$(if $(CONFIG_RILL_BINARY),,$(CONFIG_RILL_TOOL)) += src/format/crc32c.o
tool-$(if $(CONFIG_RILL_BINARY),,$(CONFIG_RILL_TOOL)) += src/format/packet_define.o
tool-$(if $(CONFIG_RILL_BINARY),,$(CONFIG_RILL_TOOL)) += src/format/packet_form.o
tool-$(if $(CONFIG_RILL_BINARY),,$(CONFIG_RILL_TOOL)) += src/format/packet_write.o
tool-$(if $(CONFIG_RILL_JSON),,$(CONFIG_RILL_TOOL)) += src/format/json.o
tool-$(if $(CONFIG_RILL_JSON),,$(CONFIG_RILL_TOOL)) += src/format/json_line.o
tool-$(if $(CONFIG_RILL_JSON),,$(CONFIG_RILL_TOOL)) += src/format/json_meta.o
tool-$(if $(CONFIG_RILL_JSON),,$(CONFIG_RILL_TOOL)) += src/format/json_slices.o
tool-$(if $(CONFIG_RILL_JSON),,$(CONFIG_RILL_TOOL)) += src/format/json_time.o
tool-$(if $(CONFIG_RILL_JSON),,$(CONFIG_RILL_TOOL)) += src/format/json_value.o
