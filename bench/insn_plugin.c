/* SPDX-License-Identifier: MIT
 * insn_plugin.c - a plugin of QEMU's translator that counts the instructions a program's first thread executes, by function.
 *
 *     qemu-arm -d plugin -D COUNTS -plugin insn_plugin.so[,inside=FUNCTION] PROGRAM ...
 *
 * writes "name count" for each function of the program; with inside=, what is executed from the begin of FUNCTION until main() goes
 * on, in it and in what it calls. QEMU knows a program's functions only while it logs, hence -d. The other threads run when they like,
 * so what they execute is left out. QEMU's header is not packaged everywhere; the few functions of its interface that are used here
 * are declared by hand (version 1, QEMU 4.2 to 8.2).
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- QEMU's interface ------------------------------------------------------------------------------ */

#define SEEN_BY_QEMU __attribute__((visibility("default")))
struct qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { NO_REGISTERS = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*translated)(uint64_t id, struct qemu_plugin_tb *block));
void qemu_plugin_register_atexit_cb(uint64_t id, void (*ends)(uint64_t id, void *unused), void *unused);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
const char *qemu_plugin_insn_symbol(const struct qemu_plugin_insn *instruction);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *instruction, void (*executed)(unsigned cpu, void *counter), int flags,
					    void *counter);
void qemu_plugin_outs(const char *text);

SEEN_BY_QEMU extern int qemu_plugin_version;
SEEN_BY_QEMU int qemu_plugin_install(uint64_t id, const struct qemu_info_t *info, int argc, char **argv);

/* ---- the counters ---------------------------------------------------------------------------------- */

enum { FUNCTIONS_MAX = 4096 };
static struct counter {
	const char *name;
	uint64_t count;
	enum { ANY, BEGINS, ENDS } role;
} counters[FUNCTIONS_MAX];
static size_t used;
static const char *inside;	/* NULL: everything counts */
static bool counting = true;

/* Blocks are translated under QEMU's own lock. A program that executes more functions than there is room for has its last ones
 * counted together, which whoever reads the names will see. */
static struct counter *counter_of(const char *name)
{
	if (!name)
		name = "(no name)";
	for (size_t i = 0; i < used; i++)
		if (strcmp(counters[i].name, name) == 0)
			return &counters[i];
	if (used == FUNCTIONS_MAX)
		return &counters[FUNCTIONS_MAX - 1];
	counters[used].name = strdup(name);
	if (!counters[used].name)
		abort();
	if (inside && strcmp(name, inside) == 0)
		counters[used].role = BEGINS;
	else if (inside && strcmp(name, "main") == 0)
		counters[used].role = ENDS;
	return &counters[used++];
}

/* Before each instruction. A count by blocks would be wrong where a signal leaves a block in the middle. */
static void executed(unsigned cpu, void *what)
{
	struct counter *counter = what;

	if (cpu != 0)
		return;
	if (counter->role != ANY)
		counting = counter->role == BEGINS;
	counter->count += counting;
}

static void translated(uint64_t id, struct qemu_plugin_tb *block)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
		struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);

		qemu_plugin_register_vcpu_insn_exec_cb(instruction, executed, NO_REGISTERS,
						       counter_of(qemu_plugin_insn_symbol(instruction)));
	}
}

static void ends(uint64_t id, void *unused)
{
	char line[256];

	(void)id, (void)unused;
	for (size_t i = 0; i < used; i++) {
		if (!counters[i].count)
			continue;
		snprintf(line, sizeof line, "%.200s %" PRIu64 "\n", counters[i].name, counters[i].count);
		qemu_plugin_outs(line);
	}
}

int qemu_plugin_version = 1;

int qemu_plugin_install(uint64_t id, const struct qemu_info_t *info, int argc, char **argv)
{
	static const char option[] = "inside=";

	(void)info;
	if (argc > 1 || (argc == 1 && strncmp(argv[0], option, strlen(option)) != 0)) {
		fprintf(stderr, "insn_plugin.so: the only argument is inside=FUNCTION\n");
		return -1;
	}
	if (argc == 1) {
		inside = strdup(argv[0] + strlen(option));
		counting = false;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, ends, NULL);
	return 0;
}
