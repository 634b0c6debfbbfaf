/*
 * The key file is made under another name and linked into place, so that it
 * is there whole or not at all, and is never written over.
 */
#include "store/vault.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "base/log.h"

/* A key file has a few lines; what is bigger is some other file. */
#define KEYS_MAX      100
#define KEY_FILE_MAX  ((size_t)16 * KIB)
#define KEY_LINE_SIZE 100

struct key {
	char id[VAULT_KEY_ID_MAX + 1];
	unsigned char bytes[CRYPTO_KEY_SIZE];
};

struct vault {
	size_t count;
	struct key keys[KEYS_MAX];
};

static char reason_text[512];

static int refuse(const char *path, const char *why, const char **reason_r)
{
	text_format(
		reason_text, sizeof(reason_text), "key file %s %s", path, why);
	*reason_r = reason_text;
	return -1;
}

static int refuse_errno(
	const char *path, const char *what, const char **reason_r)
{
	text_format(reason_text, sizeof(reason_text), "key file %s %s: %s",
		path, what, strerror(errno));
	*reason_r = reason_text;
	return -1;
}

/* --- Making a file ------------------------------------------------------- */

static void make_line(struct str *line)
{
	unsigned char id[4], key[CRYPTO_KEY_SIZE];

	crypto_random(id, sizeof(id));
	crypto_random(key, sizeof(key));
	hex_encode(line, slice_make((const char *)id, sizeof(id)));
	str_add_char(line, ':');
	hex_encode(line, slice_make((const char *)key, sizeof(key)));
	str_add_char(line, '\n');
	crypto_wipe(key, sizeof(key));
}

static int write_durably(const char *path, struct slice text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool is_written;

	if (fd < 0)
		return -1;
	is_written = write(fd, text.data, text.len) == (ssize_t)text.len &&
		     fsync(fd) == 0;
	return close(fd) == 0 && is_written ? 0 : -1;
}

/* Make the new name itself durable. */
static int sync_folder(const char *path)
{
	char copy[PATH_MAX];
	int fd, status;

	if (!text_copy(copy, sizeof(copy), path))
		return -1;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	status = fsync(fd);
	close(fd);
	return status;
}

static int make_file(const char *path, const char **reason_r)
{
	char line_bytes[KEY_LINE_SIZE] = "";
	char draft[PATH_MAX];
	struct str line = { .data = line_bytes,
		.cap = sizeof(line_bytes),
		.max = sizeof(line_bytes) };
	int status;

	if (!text_format(
		    draft, sizeof(draft), "%s.%d.new", path, (int)getpid()))
		return refuse(path, "has too long a name", reason_r);
	make_line(&line);
	(void)unlink(draft);
	status = write_durably(draft, str_slice(&line));
	crypto_wipe(line_bytes, sizeof(line_bytes));
	/* Somebody else may have made it meanwhile: then that one counts. */
	if (status == 0 && link(draft, path) != 0 && errno != EEXIST)
		status = -1;
	if (status == 0)
		status = sync_folder(path);
	if (status != 0)
		(void)refuse_errno(path, "can't be made", reason_r);
	(void)unlink(draft);
	return status;
}

/* --- Reading ------------------------------------------------------------- */

static bool is_key_id(struct slice id)
{
	if (id.len == 0 || id.len > VAULT_KEY_ID_MAX)
		return false;
	for (size_t i = 0; i < id.len; i++) {
		char c = id.data[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			    (c >= 'A' && c <= 'Z') || c == '-' || c == '_'))
			return false;
	}
	return true;
}

static const struct key *find_key(const struct vault *v, struct slice id)
{
	for (size_t i = 0; i < v->count; i++) {
		if (slice_equals(id, v->keys[i].id))
			return &v->keys[i];
	}
	return NULL;
}

static int parse_line(struct vault *v, struct slice line)
{
	struct slice id = slice_cut(&line, ':');
	struct slice hex = slice_trim(line);
	struct key *k;

	if (!is_key_id(id) || find_key(v, id) != NULL || v->count == KEYS_MAX ||
		hex.len != (size_t)2 * CRYPTO_KEY_SIZE)
		return -1;
	k = &v->keys[v->count];
	char bytes[CRYPTO_KEY_SIZE + 1];
	struct str decoded = {
		.data = bytes, .cap = sizeof(bytes), .max = sizeof(bytes)
	};
	if (hex_decode(&decoded, hex) != 0)
		return -1;
	memcpy(k->bytes, bytes, CRYPTO_KEY_SIZE);
	crypto_wipe(bytes, sizeof(bytes));
	memcpy(k->id, id.data, id.len);
	v->count++;
	return 0;
}

static int parse(struct vault *v, const char *path, struct slice text,
	const char **reason_r)
{
	char why[100];

	for (int line = 1; text.len > 0; line++) {
		struct slice one = slice_trim(slice_cut(&text, '\n'));

		if (one.len == 0 || one.data[0] == '#')
			continue;
		if (parse_line(v, one) == 0)
			continue;
		text_format(why, sizeof(why),
			"line %d is not ID:%d hexadecimal digits", line,
			2 * CRYPTO_KEY_SIZE);
		return refuse(path, why, reason_r);
	}
	if (v->count == 0)
		return refuse(path, "has no key", reason_r);
	return 0;
}

static int read_file(
	struct vault *v, const char *path, int fd, const char **reason_r)
{
	char *text;
	ssize_t len;
	struct stat info;
	int status;

	if (fstat(fd, &info) != 0)
		return refuse_errno(path, "can't be read", reason_r);
	if (!S_ISREG(info.st_mode) || info.st_size > (off_t)KEY_FILE_MAX)
		return refuse(path, "is no key file", reason_r);
	if ((info.st_mode & (S_IRWXO | S_IWGRP)) != 0)
		return refuse(path,
			"is open to other users: it must have mode 0600",
			reason_r);
	text = xalloc(KEY_FILE_MAX);
	len = read(fd, text, KEY_FILE_MAX);
	if (len < 0)
		status = refuse_errno(path, "can't be read", reason_r);
	else
		status =
			parse(v, path, slice_make(text, (size_t)len), reason_r);
	crypto_wipe(text, KEY_FILE_MAX);
	xfree(text);
	return status;
}

struct vault *vault_open(const char *path, const char **reason_r)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	struct vault *v;
	int fd = open(path, flags);

	if (fd < 0 && errno == ENOENT) {
		if (make_file(path, reason_r) != 0)
			return NULL;
		log_info("store", "new key file made path=%s", path);
		fd = open(path, flags);
	}
	if (fd < 0) {
		(void)refuse_errno(path, "can't be opened", reason_r);
		return NULL;
	}
	v = xalloc(sizeof(*v));
	if (read_file(v, path, fd, reason_r) != 0)
		vault_close(&v);
	close(fd);
	return v;
}

void vault_close(struct vault **v)
{
	if (v == NULL || *v == NULL)
		return;
	crypto_wipe(*v, sizeof(**v));
	xfree(*v);
	*v = NULL;
}

/* --- Sealing ------------------------------------------------------------- */

static const struct key *last_key(const struct vault *v)
{
	assert(v->count > 0);
	return &v->keys[v->count - 1];
}

const char *vault_key_id(const struct vault *v)
{
	return last_key(v)->id;
}

void vault_seal(const struct vault *v, struct slice context, struct slice plain,
	struct str *out)
{
	crypto_seal(last_key(v)->bytes, context, plain, out);
}

int vault_unseal(const struct vault *v, struct slice key_id,
	struct slice context, struct slice sealed, struct str *out)
{
	const struct key *k = find_key(v, key_id);

	if (k == NULL)
		return -1;
	return crypto_open(k->bytes, context, sealed, out);
}

void vault_derive(const struct vault *v, const char *purpose,
	unsigned char key[CRYPTO_KEY_SIZE])
{
	const struct key *first = &v->keys[0];

	crypto_hmac_sha256(
		slice_make((const char *)first->bytes, sizeof(first->bytes)),
		slice_of(purpose), key);
}
