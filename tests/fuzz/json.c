/* SPDX-License-Identifier: MIT
 * json.c - fuzz target: Chrome JSON, from its bytes to events, in pieces and at once; and the check of its texts,
 * beside that of another library.
 */
#include "format/text.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_read.h"

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>

/* ---- events ------------------------------------------------------------------------------------------- */

struct seen {
	struct fuzz_read read;
	struct rill_intake_result result;
};

static void read_events(struct seen *seen, const uint8_t *data, size_t size, size_t piece)
{
	const struct rill_intake_ops ops = { .stream = fuzz_ops };
	struct rill_input in = fuzz_input(data, size);
	const struct rill_reader_result *const r = &seen->result.json;
	int code;

	fuzz_piece = piece;
	code = rill_intake_run(&in, &ops, &seen->read, &seen->result);
	rill_input_close(&in);
	if (code || seen->result.kind != RILL_INTAKE_JSON)
		return;
	MUST(r->bytes == size);
	MUST(r->damaged_bytes + r->torn_bytes <= size);
	MUST(seen->read.events + seen->read.gaps <= r->events);
	MUST(!r->damaged == !r->damaged_bytes && r->damaged_at <= size);
	MUST(seen->result.first_ns <= seen->result.last_ns || !seen->result.any);
}

static void in_pieces(const uint8_t *data, size_t size)
{
	struct seen whole = { .read = { .size = size } }, pieces = { .read = { .size = size } };

	read_events(&whole, data, size, 0);
	read_events(&pieces, data, size, 1 + size % 41);
	MUST(whole.result.kind == pieces.result.kind);
	MUST(whole.read.sum == pieces.read.sum);
	MUST(!memcmp(&whole.result.left_out, &pieces.result.left_out, sizeof whole.result.left_out));
	MUST(whole.result.json.damaged_bytes == pieces.result.json.damaged_bytes);
	MUST(whole.result.json.torn_bytes == pieces.result.json.torn_bytes);
	MUST(whole.result.json.closed == pieces.result.json.closed);
}

/* ---- texts -------------------------------------------------------------------------------------------- */

/* What is let through is JSON for others too, and is let through as it stands the next time. */
static bool check_text(void *ctx, const char *text, size_t size)
{
	char *const clean = malloc(3 * size + 1), *const again = malloc(9 * size + 1);
	char *const end = rill_text_json(clean, text, size), *end_again;

	(void)ctx;
	if (end) {
		struct json_tokener *const tokener = json_tokener_new_ex(128);
		struct json_object *object;

		MUST((size_t)(end - clean) <= 3 * size);
		end_again = rill_text_json(again, clean, (size_t)(end - clean));
		MUST(end_again && end_again - again == end - clean && !memcmp(again, clean, (size_t)(end - clean)));
		json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
		*end = '\0'; /* a number at the very end is not ended before */
		object = json_tokener_parse_ex(tokener, clean, (int)(end - clean) + 1);
		MUST(json_tokener_get_error(tokener) == json_tokener_success);
		json_object_put(object);
		json_tokener_free(tokener);
	}
	free(again);
	free(clean);
	return end != NULL;
}

static bool check_member(void *ctx, const char *text, size_t size)
{
	char *const object = malloc(size + 2);
	bool good;

	memcpy(object + 1, text, size);
	object[0] = '{';
	object[size + 1] = '}';
	good = check_text(ctx, object, size + 2);
	free(object);
	return good;
}

/* Any bytes, in a place of their own size. */
static void check_raw(const uint8_t *data, size_t size)
{
	char *const copy = malloc(size ? size : 1);

	memcpy(copy, data, size);
	check_text(NULL, copy, size);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rill_reader_ops texts = { check_text, check_member };
	struct rill_reader_result result;
	struct rill_input in = fuzz_input(data, size);

	fuzz_piece = 0;
	MUST(rill_reader_run(&in, &texts, NULL, &result) == 0);
	rill_input_close(&in);
	in_pieces(data, size);
	check_raw(data, size);
	return 0;
}
