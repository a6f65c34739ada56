/* SPDX-License-Identifier: MIT
 * settings.h - what a session's options and the process's configuration are called in text.
 */
#ifndef RILL_CONTROL_SETTINGS_H
#define RILL_CONTROL_SETTINGS_H

#include <rill/session.h>

struct rill_settings {
	struct rill_session_options session;
	struct rill_config config;
	bool follow_fork;
};

/* "slices" or "flush_ms=500", which is cut in two. whose: stands in front of what is wrong with it. 0 or -errno with rill_error(). */
int rill_settings_set(struct rill_settings *settings, char *option, const char *whose);

#endif
