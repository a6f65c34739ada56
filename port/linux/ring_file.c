/* SPDX-License-Identifier: MIT
 * ring_file.c - pages of rings in a file that outlives the process: a tmpfs, a disk, or a device of reserved memory.
 *
 * Every page has its place before the first event, so that no store ever finds the file system full. The lock that the process
 * holds tells that it lives; it goes with the process, however that ends.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include "port/linux/linux.h"
#include "port/linux/sink_pattern.h"
#include "port/port.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE_MIN = 4096 };

/* ---- where ---------------------------------------------------------------------------------------- */

static bool is_folder(const char *path)
{
	struct stat st;

	return path[strlen(path) - 1] == '/' || (stat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

int rill_port_ring_file_name(const char *pattern, const char *kind, char *path, size_t size)
{
	int error;
	char *absolute = rill_pattern_absolute(pattern, &error), *name;
	const char *const folder_end = absolute && is_folder(absolute) ? "/${name}.${pid}." : "";

	if (!absolute)
		return error;
	absolute = realloc(name = absolute, strlen(absolute) + strlen(folder_end) + strlen(kind) + 1);
	if (!absolute) {
		free(name);
		return rill_fail(ENOMEM, "no memory for the name of the %s file", kind);
	}
	if (*folder_end)
		strcat(strcat(absolute, folder_end), kind);
	name = rill_pattern_expand(absolute, rill_port_program_name(), (uint32_t)getpid(), 1);
	free(absolute);
	error = !name ? rill_fail(ENOMEM, "no memory for the name of the %s file", kind) :
		strlen(name) >= size ? rill_fail(ENAMETOOLONG, "the name of the %s file is too long: %s", kind, name) : 0;
	if (!error)
		strcpy(path, name);
	free(name);
	return error;
}

/* The folder, looked at through its descriptor, which is returned: what others may do in it they could do to the file. */
static int open_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = strndup(path, slash == path ? 1 : (size_t)(slash - path));
	int fd = folder ? open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1, error = 0;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		error = rill_fail(errno, "the folder of the ring file %s cannot be opened: %s", path, strerror(errno));
	else if (st.st_uid != geteuid() && st.st_uid != 0)
		error = rill_fail(EPERM, "the folder %s of the ring file belongs to another user, who could exchange the file: name "
				  "one of your own", folder);
	else if (!(st.st_mode & S_ISVTX) && (st.st_uid != geteuid() || st.st_mode & 077))
		error = rill_fail(EPERM, "the folder %s of the ring file is open to other users: chmod 700 %s, or name another one",
				  folder, folder);
	free(folder);
	if (error && fd >= 0)
		close(fd);
	return error ? error : fd;
}

static int explain(const char *path, int error)
{
	if (error == EEXIST)
		return rill_fail(error, "the ring file %s exists already: read what is in it (rill extract) and remove it, or name "
				 "another one, with ${pid} for example", path);
	if (error == ELOOP)
		return rill_fail(error, "the ring file %s is a symbolic link, which could lead anywhere: remove it, or name the file "
				 "it leads to", path);
	return rill_fail(error, "the ring file %s cannot be made: %s", path, strerror(error));
}

/* Something is there already: good if it is a device. */
static int open_device(struct rill_port_ring_file *f)
{
	struct stat st;
	int fd;

	if (lstat(f->path, &st) < 0)
		return explain(f->path, errno);
	if (S_ISLNK(st.st_mode))
		return explain(f->path, ELOOP);
	if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
		return explain(f->path, EEXIST);
	fd = open(f->path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
	f->device = true;
	return fd < 0 ? explain(f->path, errno) : fd;
}

static int create(struct rill_port_ring_file *f)
{
	int folder, fd, error;

	f->device = false;
	if (strncmp(f->path, "/dev/", 5) == 0 && access(f->path, F_OK) == 0)
		return open_device(f);	/* whose folder is everybody's */
	folder = open_folder(f->path);
	if (folder < 0)
		return folder;
	fd = openat(folder, strrchr(f->path, '/') + 1, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	error = fd < 0 ? errno : 0;
	close(folder);
	if (error)
		return error == EEXIST ? open_device(f) : explain(f->path, error);
	return fd;
}

/* ---- its room ------------------------------------------------------------------------------------- */

/* Standard input, output and error are the program's, also where it was started without them. */
static int above_standard(int fd)
{
	int above = fd;

	if (fd < 0 || fd > 2)
		return fd;
	above = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	close(fd);
	return above < 0 ? -errno : above;
}

/* The program may have closed the descriptor, and another file may have its number now. */
bool rill_linux_ring_file_is_ours(const struct rill_port_ring_file *f)
{
	struct stat st;

	return f->fd >= 0 && fstat(f->fd, &st) == 0 && st.st_dev == f->inode[0] && st.st_ino == f->inode[1];
}

static int take_lock(struct rill_port_ring_file *f)
{
	struct stat st;

	if (fstat(f->fd, &st) < 0 || (flock(f->fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK))
		return rill_fail(EBUSY, "the ring file %s is in use by another process: name another one", f->path);
	f->inode[0] = st.st_dev;
	f->inode[1] = st.st_ino;
	return 0;
}

/* Beyond the end of a block device a store raises SIGBUS; others do not tell their size, and refuse to be mapped. */
static int look_for_room(const struct rill_port_ring_file *f, const struct rill_port_ring_part *part)
{
	const uint64_t end = part->at + part->size;
	const off_t size = f->device ? lseek(f->fd, 0, SEEK_END) : 0;

	if (f->device)
		return size > 0 && (uint64_t)size < end ? ENOSPC : 0;
	return (uint64_t)(off_t)end != end ? EFBIG : posix_fallocate(f->fd, (off_t)part->at, (off_t)part->size);
}

static int map_part(struct rill_port_ring_file *f, struct rill_port_ring_part *part)
{
	part->pages = mmap(NULL, part->size, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, (off_t)part->at);
	if (part->pages == MAP_FAILED)
		return rill_fail(errno, "the ring file %s, of %zu bytes, cannot be mapped: %s", f->path, part->size, strerror(errno));
	if (f->device)
		memset(part->pages, 0, part->size);
	/* A file system may give a page its place only when it is written. */
	for (size_t at = 0; at < part->size; at += PAGE_MIN)
		*(volatile uint8_t *)(part->pages + at) = 0;
	part->copy = rill_port_pages(part->kept_bytes);
	if (part->copy && rill_linux_ring_file_guard(f, part) == 0)
		return 0;
	munmap(part->pages, part->size);
	return rill_fail(errno, "the ring file %s cannot be kept from children: %s", f->path, strerror(errno));
}

/* One more part. */
static int take_room(struct rill_port_ring_file *f, struct rill_port_ring_part part)
{
	int error = look_for_room(f, &part);

	if (error)
		return rill_fail(error, "no room for %zu bytes of the ring file %s (%s): free some, name another place, or ask for "
				 "fewer threads or smaller rings", part.size, f->path, strerror(error));
	error = map_part(f, &part);
	if (!error)
		f->part[f->parts++] = part;
	return error;
}

void *rill_port_ring_file_open(struct rill_port_ring_file *f, const char *path, size_t size, size_t kept_at, size_t kept_bytes,
			       int *error)
{
	const struct rill_port_ring_part part = { .size = size, .kept_at = kept_at, .kept_bytes = kept_bytes };

	f->path = path;
	f->parts = 0;
	f->fd = above_standard(create(f));
	*error = f->fd < 0 ? f->fd : take_lock(f);
	if (*error == 0)
		*error = take_room(f, part);
	if (*error == 0)
		return f->part[0].pages;
	if (f->fd >= 0 && !f->device)
		unlink(path);
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	return NULL;
}

void *rill_port_ring_file_extend(struct rill_port_ring_file *f, uint64_t at, size_t size, size_t kept_bytes, int *error)
{
	const struct rill_port_ring_part part = { .at = at, .size = size, .kept_bytes = kept_bytes };

	if (!rill_linux_ring_file_is_ours(f)) {
		*error = rill_fail(EBADF, "the ring file %s cannot get room for flight rings: the program has closed its descriptor", f->path);
		return NULL;
	}
	*error = take_room(f, part);
	if (*error == 0)
		return f->part[1].pages;
	if (!f->device)
		(void)!ftruncate(f->fd, (off_t)at);	/* where that fails it stays longer, and nobody looks there */
	return NULL;
}

/* What cannot be synced has no disk: memory, of a device. The name is in its folder, which may be one that cannot be read. */
int rill_port_ring_file_sync(const struct rill_port_ring_file *f, void *at, size_t size)
{
	const char *slash = strrchr(f->path, '/');
	char *folder = strndup(f->path, slash == f->path ? 1 : (size_t)(slash - f->path));
	int fd = folder && !f->device ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	free(folder);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	return msync(at, size, MS_SYNC) == 0 || errno == EINVAL ? 0 : errno;
}

/* ---- the end ---------------------------------------------------------------------------------------- */

void rill_port_ring_file_remove(struct rill_port_ring_file *f)
{
	struct stat st;

	if (!f->device && lstat(f->path, &st) == 0 && st.st_dev == f->inode[0] && st.st_ino == f->inode[1])
		unlink(f->path);
}
