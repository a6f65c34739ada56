/* SPDX-License-Identifier: MIT
 * remote.c - fuzz target: packets of the control socket. What was understood is written as a packet that is understood the same.
 */
#include "format/remote_text.h"
#include "tests/fuzz/fuzz.h"

static struct rill_remote_words first, again;

static bool is_understood(char *bytes, size_t size, struct rill_remote_words *words)
{
	const char *const wrong = rill_remote_parse(bytes, size, words);

	MUST(!wrong || *wrong);
	if (wrong)
		return false;
	MUST(words->count <= RILL_REMOTE_PAIRS && *words->word);
	return true;
}

static void write_again(struct rill_remote_packet *p)
{
	rill_remote_begin(p, first.word);
	for (unsigned i = 0; i < first.count; i++)
		rill_remote_put(p, first.pair[i].key, first.pair[i].value);
	MUST(p->used < sizeof p->text && p->text[p->used - 1] == '\n');
}

static void same_when_read_again(void)
{
	static struct rill_remote_packet p;
	bool cut;

	write_again(&p);
	cut = p.cut;
	MUST(is_understood(p.text, p.used, &again));
	if (cut)
		return;
	MUST(!strcmp(first.word, again.word) && first.count == again.count);
	for (unsigned i = 0; i < first.count; i++) {
		MUST(!strcmp(first.pair[i].key, again.pair[i].key) && !strcmp(first.pair[i].value, again.pair[i].value));
		MUST(rill_remote_number(&first, first.pair[i].key) == rill_remote_number(&again, first.pair[i].key));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *const bytes = malloc(size + 1);

	if (size)
		memcpy(bytes, data, size);
	if (size < RILL_REMOTE_BYTES && is_understood(bytes, size, &first))
		same_when_read_again();
	free(bytes);
	return 0;
}
