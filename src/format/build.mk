# SPDX-License-Identifier: MIT
# What the bytes look like; agreed by target and host.
obj-$(CONFIG_RILL_JSON) += src/format/json.o
obj-$(CONFIG_RILL_JSON) += src/format/json_line.o
obj-$(CONFIG_RILL_JSON) += src/format/json_meta.o
obj-$(CONFIG_RILL_JSON) += src/format/json_slices.o
obj-$(CONFIG_RILL_JSON) += src/format/json_time.o
obj-$(CONFIG_RILL_JSON) += src/format/json_value.o
obj-y += src/format/text.o
obj-y += src/format/text_double.o
obj-y += src/format/text_json.o
