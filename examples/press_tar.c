/* SPDX-License-Identifier: MIT
 * press_tar.c - the archive format of press: POSIX tar inside gzip.
 *
 * What an old tar header has no room for (a name beyond 100 bytes, a size beyond 8 GiB) goes
 * into a pax extension header in front of it, as POSIX says; every tar of today reads these.
 */
#include "press.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct tar_header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100];
	char magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct tar_header) == PRESS_BLOCK_BYTES, "a tar header is one block");

/* ---- writing ---------------------------------------------------------------------------- */

/* Writes value as octal digits with a NUL behind; false, and zeros, if it does not fit. */
static bool put_octal(char *field, size_t width, uint64_t value)
{
	bool fits = true;

	if (value >> 3 * (width - 1)) {
		fits = false;
		value = 0;
	}
	for (size_t i = width - 1; i-- > 0; value >>= 3)
		field[i] = (char)('0' + (value & 7));
	field[width - 1] = '\0';
	return fits;
}

static unsigned checksum(const struct tar_header *header)
{
	const unsigned char *bytes = (const unsigned char *)header;
	const size_t field = offsetof(struct tar_header, checksum);
	unsigned sum = 0;

	/* The sum counts its own field as blanks. */
	for (size_t i = 0; i < sizeof(*header); i++)
		sum += i >= field && i < field + sizeof(header->checksum) ? ' ' : bytes[i];
	return sum;
}

static void seal(struct tar_header *header)
{
	memcpy(header->magic, "ustar", 6);
	memcpy(header->version, "00", 2);
	put_octal(header->checksum, 7, checksum(header));
	header->checksum[7] = ' ';
}

/* Appends a pax record, "LENGTH key=value\n", where LENGTH counts its own digits. */
static size_t put_record(char *to, size_t room, const char *key, const char *value)
{
	const size_t rest = strlen(key) + strlen(value) + 3;
	size_t length = rest + 1;

	while (length != rest + (size_t)snprintf(NULL, 0, "%zu", length))
		length = rest + (size_t)snprintf(NULL, 0, "%zu", length);
	snprintf(to, room, "%zu %s=%s\n", length, key, value);
	return length;
}

static size_t put_number_record(char *to, size_t room, const char *key, uint64_t value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
	return put_record(to, room, key, digits);
}

/* The name as it is stored: nothing that would lead an extractor out of its directory. */
static const char *member_name(const char *path)
{
	const char *name = path;

	for (const char *p = path; *p; p++)
		if ((p == path || p[-1] == '/') && p[0] == '.' && p[1] == '.' &&
		    (p[2] == '/' || !p[2]))
			name = p + 2;
	while (*name == '/')
		name++;
	return *name ? name : ".";
}

/* Fills a field that needs no NUL at its end; false if the text is too long for it. */
static bool put_text(char *field, size_t width, const char *text)
{
	const size_t length = strlen(text);

	memcpy(field, text, length < width ? length : width);
	return length <= width;
}

size_t press_tar_header(unsigned char *to, const char *path, const char *link,
			const struct stat *st)
{
	struct tar_header header = { .type = S_ISDIR(st->st_mode) ? '5' : link ? '2' : '0' };
	const uint64_t size = header.type == '0' ? (uint64_t)st->st_size : 0;
	const uint64_t mtime = st->st_mtime < 0 ? 0 : (uint64_t)st->st_mtime;
	const size_t room = PRESS_HEADER_MAX_BYTES - 2 * PRESS_BLOCK_BYTES;
	char *const records = (char *)to + PRESS_BLOCK_BYTES;
	const char *name = member_name(path);
	size_t used = 0;

	if (!put_text(header.name, sizeof(header.name), name))
		used += put_record(records + used, room - used, "path", name);
	if (link && !put_text(header.link, sizeof(header.link), link))
		used += put_record(records + used, room - used, "linkpath", link);
	if (!put_octal(header.size, sizeof(header.size), size))
		used += put_number_record(records + used, room - used, "size", size);
	if (!put_octal(header.uid, sizeof(header.uid), st->st_uid))
		used += put_number_record(records + used, room - used, "uid", st->st_uid);
	if (!put_octal(header.gid, sizeof(header.gid), st->st_gid))
		used += put_number_record(records + used, room - used, "gid", st->st_gid);
	put_octal(header.mode, sizeof(header.mode), st->st_mode & 07777);
	put_octal(header.mtime, sizeof(header.mtime), mtime);
	seal(&header);

	size_t at = 0;
	if (used) {
		struct tar_header extension = { .name = "press/pax", .type = 'x' };

		put_octal(extension.mode, sizeof(extension.mode), 0644);
		put_octal(extension.size, sizeof(extension.size), used);
		seal(&extension);
		memcpy(to, &extension, sizeof(extension));
		at = PRESS_BLOCK_BYTES + press_round_up(used);
		memset(records + used, 0, press_round_up(used) - used);
	}
	memcpy(to + at, &header, sizeof(header));
	return at + sizeof(header);
}

/* ---- checking --------------------------------------------------------------------------- */

struct check {
	gzFile file;
	const char *archive;
	uint64_t entries, bytes;
};

static bool wrong(const struct check *check, const char *what)
{
	fprintf(stderr, "press: %s: byte %llu of the archive's contents: %s\n", check->archive,
		(unsigned long long)check->bytes, what);
	return false;
}

static bool read_blocks(struct check *check, void *to, size_t bytes)
{
	const int got = gzread(check->file, to, (unsigned)bytes);
	int code;

	if (got > 0)
		check->bytes += (unsigned)got;
	if (got == (int)bytes)
		return true;
	const char *why = gzerror(check->file, &code);
	return wrong(check, code == Z_OK ? "it ends too early" : why);
}

static bool get_octal(const char *field, size_t width, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < width && field[i] && field[i] != ' '; i++) {
		if (field[i] < '0' || field[i] > '7')
			return false;
		*value = *value << 3 | (unsigned)(field[i] - '0');
	}
	return true;
}

static bool skip(struct check *check, uint64_t bytes)
{
	unsigned char block[16 * PRESS_BLOCK_BYTES];

	while (bytes) {
		size_t part = sizeof(block);

		if (bytes < part)
			part = press_round_up((size_t)bytes);
		if (!read_blocks(check, block, part))
			return false;
		bytes -= bytes < part ? bytes : part;
	}
	return true;
}

/* Takes the "size" record out of an extension header: it is there when a file is too big for the
 * header's own field. A name may hold a newline, so only the lengths say where a record ends. */
static bool extension(struct check *check, uint64_t bytes, uint64_t *size)
{
	char records[PRESS_HEADER_MAX_BYTES];
	size_t length;

	if (bytes > sizeof(records) - 2 * PRESS_BLOCK_BYTES)
		return wrong(check, "an extension header is larger than press writes");
	if (!read_blocks(check, records, press_round_up((size_t)bytes)))
		return false;
	records[bytes] = '\0';
	for (size_t at = 0; at < bytes; at += length) {
		char *text;

		length = strtoul(records + at, &text, 10);
		if (!length || length > bytes - at)
			return wrong(check, "an extension header has a record of wrong length");
		if (!strncmp(text, " size=", 6))
			*size = strtoull(text + 6, NULL, 10);
	}
	return true;
}

/* Every header in turn, up to the two blocks of zeros at the end. */
static bool check_entries(struct check *check)
{
	static const struct tar_header zeros;
	struct tar_header header;
	uint64_t sum, size, big = 0;

	for (;;) {
		if (!read_blocks(check, &header, sizeof(header)))
			return false;
		if (!memcmp(&header, &zeros, sizeof(header)))
			break;
		if (!get_octal(header.checksum, sizeof(header.checksum), &sum) ||
		    sum != checksum(&header))
			return wrong(check, "a tar header has a wrong checksum");
		if (!get_octal(header.size, sizeof(header.size), &size))
			return wrong(check, "a tar header has a wrong size");
		if (header.type == 'x') {
			if (!extension(check, size, &big))
				return false;
			continue;
		}
		check->entries++;
		if (!skip(check, big ? big : size))
			return false;
		big = 0;
	}
	if (!read_blocks(check, &header, sizeof(header)))
		return false;
	if (memcmp(&header, &zeros, sizeof(header)))
		return wrong(check, "the end mark is not whole");
	return gzread(check->file, &header, 1) == 0 ||
	       wrong(check, "there are bytes behind the end mark");
}

bool press_check(const char *archive)
{
	struct check check = { .archive = archive };

	errno = 0;
	check.file = gzopen(archive, "rb");
	if (!check.file) {
		fprintf(stderr, "press: cannot open %s: %s\n", archive,
			strerror(errno ? errno : ENOMEM));
		return false;
	}
	const bool plain = gzdirect(check.file);
	if (plain)
		wrong(&check, "this is not a gzip file");
	const bool whole = !plain && check_entries(&check);
	if (gzclose(check.file) != Z_OK && whole)
		return wrong(&check, "its last gzip member is not whole");
	if (whole)
		printf("press: %s: %llu entries, %llu bytes, whole\n", archive,
		       (unsigned long long)check.entries, (unsigned long long)check.bytes);
	return whole;
}
