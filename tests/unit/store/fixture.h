/*
 * What the tests of the store share: a folder of their own, an open store,
 * captured log lines and waiting for callbacks.
 */
#ifndef TEST_STORE_FIXTURE_H
#define TEST_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "net/loop.h"
#include "store/archive.h"
#include "store/store.h"

#define WALL_MS   INT64_C(1700000000000)
#define PATH_SIZE 512
#define SETTLE_MS 600000

static char folder[PATH_SIZE];
static char key_path[PATH_SIZE];
static char location[2 * PATH_SIZE]; /* of the database */

static struct loop *loop;
static struct store *store;
static struct archive *archive;

/* --- Log ----------------------------------------------------------------- */

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static struct str log_lines;

/* Lines come from two threads. */
static void on_log(
	enum log_level level UNUSED, const char *line, void *arg UNUSED)
{
	pthread_mutex_lock(&log_lock);
	str_add(&log_lines, line);
	str_add_char(&log_lines, '\n');
	pthread_mutex_unlock(&log_lock);
}

static UNUSED bool log_has(const char *text)
{
	pthread_mutex_lock(&log_lock);
	bool found = strstr(str_text(&log_lines), text) != NULL;
	pthread_mutex_unlock(&log_lock);
	return found;
}

static UNUSED void log_clear(void)
{
	pthread_mutex_lock(&log_lock);
	str_reset(&log_lines);
	pthread_mutex_unlock(&log_lock);
}

/* --- Files --------------------------------------------------------------- */

static UNUSED void in_folder(char out[PATH_SIZE], const char *name)
{
	assert_true(text_format(out, PATH_SIZE, "%s/%s", folder, name));
}

static void remove_folder(void)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[2 * PATH_SIZE];

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		text_format(path, sizeof(path), "%s/%s", folder, entry->d_name);
		(void)unlink(path);
	}
	closedir(dir);
	(void)rmdir(folder);
}

static UNUSED void write_file(
	const char *path, const char *text, size_t len, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static UNUSED void read_file(const char *path, struct str *out)
{
	char part[4096];
	ssize_t len;
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	str_reset(out);
	while ((len = read(fd, part, sizeof(part))) > 0)
		str_add_bytes(out, part, (size_t)len);
	close(fd);
	assert_false(out->overflow);
}

/* Whether the bytes stand in any file of the folder. */
static UNUSED bool folder_has(const char *bytes)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	struct str text;
	char path[2 * PATH_SIZE];
	bool found = false;

	str_init(&text, 256u << 20);
	while ((entry = readdir(dir)) != NULL) {
		text_format(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] == '.')
			continue;
		read_file(path, &text);
		found |= memmem(str_text(&text), text.len, bytes,
				 strlen(bytes)) != NULL;
	}
	closedir(dir);
	str_finish(&text);
	return found;
}

static int make_folder(void **state UNUSED)
{
	text_format(folder, sizeof(folder), "%s/causeway-store-XXXXXX",
		getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (mkdtemp(folder) == NULL)
		return -1;
	text_format(key_path, sizeof(key_path), "%s/secret.key", folder);
	text_format(location, sizeof(location), "sqlite:%s/store.db", folder);
	str_init(&log_lines, 1 << 20);
	log_set_sink(on_log, NULL);
	return 0;
}

static int drop_folder(void **state UNUSED)
{
	log_set_sink(NULL, NULL);
	str_finish(&log_lines);
	remove_folder();
	return 0;
}

/* --- Store --------------------------------------------------------------- */

static UNUSED void open_store(void)
{
	const char *reason = NULL;

	store = store_open(loop, location, key_path, &reason);
	if (store == NULL)
		fail_msg("%s", reason);
}

static UNUSED void open_archive(void)
{
	archive = archive_open(store);
	assert_non_null(archive);
}

static UNUSED void close_all(void)
{
	archive_close(&archive);
	store_close(&store);
}

/* A folder, a loop in virtual time and an open store. */
static UNUSED int open_world(void **state)
{
	clock_use_virtual(WALL_MS);
	if (make_folder(state) != 0)
		return -1;
	loop = loop_new();
	open_store();
	return 0;
}

static UNUSED int close_world(void **state)
{
	close_all();
	loop_free(&loop);
	clock_use_real();
	return drop_folder(state);
}

static UNUSED void reopen(void)
{
	bool had_archive = archive != NULL;

	close_all();
	open_store();
	if (had_archive)
		open_archive();
}

/* --- Waiting ------------------------------------------------------------- */

struct outcome {
	bool is_done;
	int status;
	int calls;
};

static UNUSED void on_done(int status, void *arg)
{
	struct outcome *o = arg;

	o->is_done = true;
	o->status = status;
	o->calls++;
}

static UNUSED void wait_for(struct outcome *o)
{
	loop_settle(loop, SETTLE_MS, &o->is_done);
	assert_true(o->is_done);
}

static UNUSED int barrier_status(void)
{
	struct outcome o = { 0 };

	store_barrier(store, on_done, &o);
	wait_for(&o);
	return o.status;
}

static UNUSED void barrier(void)
{
	assert_int_equal(barrier_status(), 0);
}

#endif
