/* SPDX-License-Identifier: MIT
 * table.c - the scenarios, and what a long run does of each. Their amounts are events to check unless the last column says else.
 */
#include "stress.h"

const struct stress_scenario stress_scenarios[] = {
	/* name                           what                  amount     thr  ring     block  timer */
	{ "one_producer_exact_gaps",      stress_flood,         22000000,  1,   65536,   0,     0 },
	{ "two_producers",                stress_flood,         22000000,  2,   1 << 20, 0,     0 },
	{ "four_producers_and_timers",    stress_flood,         20000000,  4,   65536,   4096,  100000 },
	{ "eight_producers",              stress_flood,         20000000,  8,   16384,   0,     0 },
	{ "V_4_timers_every_20_us",       stress_flood,         10000000,  2,   65536,   0,     20000 },
	{ "V_12_smallest_rings",          stress_flood,         2000000,   3,   512,     256,   150000 },
	{ "V_12_sizes_that_cannot_be",    stress_sizes,         20000000,  1,   0,       0,     0 },	/* events emitted */
	{ "overload_three_sessions",      stress_overload,      50000000,  4,   16384,   0,     0 },	/* events emitted */
	{ "scopes",                       stress_scopes,        4000000,   2,   8192,    0,     0 },
	{ "V_13_longer_than_a_block",     stress_big,           4000000,   2,   4096,    256,   200000 },
	{ "V_14_wraps_of_2_31_and_2_32",  stress_wrap,          12000000,  4,   4096,    256,   0 },
	{ "V_14_wraps_in_long_rings",     stress_wrap,          6000000,   4,   65536,   1024,  0 },
	{ "V_16_sessions_at_1_kHz",       stress_sessions,      20000,     3,   65536,   0,     300000 },	/* changes */
	{ "V_3_consumer_comes_and_goes",  stress_restart,       2000,      2,   65536,   0,     300000 },	/* sessions */
	{ "observers",                    stress_observers,     40000,     2,   65536,   0,     0 },	/* added or removed */
	{ "V_7_thread_churn",             stress_churn,         100000,    0,   4096,    0,     0 },	/* threads */
	{ "V_5_first_event_in_a_handler", stress_first,         10000,     0,   8192,    0,     0 },	/* threads */
	{ "V_6_leaps_out_of_events",      stress_leaps,         100000,    0,   1 << 18, 0,     0 },	/* leaps */
	{ "V_8_endings_inside_events",    stress_endings,       1500,      0,   16384,   0,     0 },	/* threads */
	{ "clone_and_kill",               stress_clone,         1500,      0,   16384,   0,     0 },	/* threads */
	{ "V_9_destructors_and_shutdown", stress_destructors,   8000,      0,   16384,   0,     0 },	/* threads */
	{ "V_10_V_11_children_in_events", stress_children,      3000,      2,   65536,   0,     0 },	/* children */
	{ "plugin_loop",                  stress_plugin,        100000,    2,   65536,   0,     0 },	/* loads */
	{ "V_1_stalled_consumer",         stress_stall,         0,         1,   65536,   0,     0 },
	{ "V_15_held_inside_an_event",    stress_held,          12,        2,   65536,   0,     0 },	/* holds */
	{ "V_17_real_time_producer",      stress_fifo,          20000,     2,   65536,   0,     0 },	/* ms */
	{ "V_33_subscriber_emits",        stress_reenter,       4000000,   2,   65536,   0,     0 },
};
const unsigned stress_scenario_count = sizeof stress_scenarios / sizeof *stress_scenarios;
