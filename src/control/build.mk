# SPDX-License-Identifier: MIT
# Sessions, options, observers, filters, messages.
obj-y += src/control/message.o
obj-y += src/control/filter.o
obj-y += src/control/filter_build.o
obj-y += src/control/names.o
obj-y += src/control/pattern.o
obj-y += src/control/trace_config.o
obj-y += src/control/trace_config_text.o
obj-$(CONFIG_RILL_TRACE_CONFIG_JSON) += src/control/trace_config_json.o
obj-$(if $(CONFIG_RILL_TRACE_CONFIG_JSON),,y) += src/control/trace_config_nojson.o
obj-y += src/control/change.o
obj-y += src/control/control.o
obj-$(CONFIG_RILL_ENV) += src/control/env.o
obj-y += src/control/exit.o
obj-y += src/control/fork.o
obj-y += src/control/memory.o
obj-y += src/control/metadata.o
obj-y += src/control/observer.o
obj-y += src/control/options.o
obj-y += src/control/register.o
obj-y += src/control/session.o
obj-y += src/control/stats.o
obj-y += src/control/status.o
obj-y += src/control/table.o
obj-$(CONFIG_RILL_EARLY) += src/control/early.o
obj-$(if $(CONFIG_RILL_EARLY),,y) += src/control/no_early.o
