/*
 * The store on PostgreSQL: a private server on a socket in a folder of its
 * own, ended by its process id. Skipped where no server is installed, or
 * where there is no other user to run it (it refuses to run as root).
 */
#include "store/accounts_cases.h"
#include "store/archive_cases.h"
#include "store/inbox_cases.h"
#include "store/kept_cases.h"
#include "store/outbox_cases.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "store/db.h"

static char bin[PATH_SIZE];         /* folder of the programs */
static char server_home[PATH_SIZE]; /* data and socket */
static pid_t server;
static int databases;

/* --- The server ---------------------------------------------------------- */

static bool find_programs(void)
{
	glob_t found;
	bool is_found;

	is_found =
		glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) == 0;
	if (is_found) {
		text_copy(bin, sizeof(bin), found.gl_pathv[found.gl_pathc - 1]);
		*strrchr(bin, '/') = '\0';
	}
	globfree(&found);
	return is_found;
}

/* The server's user; -1 when we are root and there is none. */
static int server_user(uid_t *uid_r, gid_t *gid_r)
{
	const struct passwd *user = getpwnam("postgres");

	*uid_r = geteuid();
	*gid_r = getegid();
	if (*uid_r != 0)
		return 0;
	if (user == NULL)
		user = getpwnam("nobody");
	if (user == NULL)
		return -1;
	*uid_r = user->pw_uid;
	*gid_r = user->pw_gid;
	return 0;
}

/* In the child: become the server's user and quiet, and run. initdb finds the
 * rest of its installation by the path in args[0] alone. */
static void run_program(const char *name, const char **args)
{
	char path[PATH_SIZE + 64];
	uid_t uid;
	gid_t gid;
	int quiet = open("/dev/null", O_RDWR);

	text_format(path, sizeof(path), "%s/%s", bin, name);
	args[0] = path;
	if (server_user(&uid, &gid) != 0 || chdir("/") != 0)
		_exit(126);
	if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(gid) != 0 ||
				      setuid(uid) != 0))
		_exit(126);
	/* Should this program die, the server goes too. */
	prctl(PR_SET_PDEATHSIG, SIGQUIT);
	dup2(quiet, STDIN_FILENO);
	dup2(quiet, STDOUT_FILENO);
	dup2(quiet, STDERR_FILENO);
	execv(path, (char *const *)(uintptr_t)args);
	_exit(127);
}

static pid_t start_program(const char *name, const char **args)
{
	pid_t child = fork();

	if (child == 0)
		run_program(name, args);
	return child;
}

static int wait_status(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return -1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void start_server(void)
{
	char data[PATH_SIZE + 8];
	const char *args[] = { "postgres", "-D", data, "-k", server_home, "-c",
		"listen_addresses=", "-c", "fsync=off", "-c",
		"max_connections=20", "-c", "shared_buffers=8MB", "-c",
		"synchronous_commit=off", "-c",
		"dynamic_shared_memory_type="
		"mmap",
		NULL };

	text_format(data, sizeof(data), "%s/data", server_home);
	server = start_program("postgres", args);
}

static void stop_server(int signo)
{
	if (server <= 0)
		return;
	kill(server, signo);
	(void)wait_status(server);
	server = 0;
}

static void use_database(const char *name)
{
	text_format(location, sizeof(location),
		"postgresql:host=%s dbname=%s user=causeway", server_home,
		name);
}

static struct db *connect_admin(void)
{
	const char *reason = NULL;

	use_database("postgres");
	return db_postgres.open(location + strlen("postgresql:"), &reason);
}

static struct db *wait_for_server(void)
{
	struct db *db = NULL;

	for (int i = 0; i < 1200 && db == NULL; i++) {
		int status;

		db = connect_admin();
		if (db == NULL && waitpid(server, &status, WNOHANG) == server) {
			server = 0;
			return NULL;
		}
		if (db == NULL)
			usleep(50000);
	}
	return db;
}

static bool make_server(void)
{
	char data[PATH_SIZE + 8];
	uid_t uid;
	gid_t gid;
	const char *args[] = { "initdb", "-D", data, "-U", "causeway",
		"--auth=trust", "--no-sync", "--locale=C", "--encoding=UTF8",
		NULL };

	/* The path of a socket has to be short. */
	text_copy(server_home, sizeof(server_home), "/tmp/cway-pg-XXXXXX");
	if (server_user(&uid, &gid) != 0 || mkdtemp(server_home) == NULL)
		return false;
	if (geteuid() == 0 && chown(server_home, uid, gid) != 0)
		return false;
	text_format(data, sizeof(data), "%s/data", server_home);
	if (wait_status(start_program("initdb", args)) != 0)
		return false;
	start_server();
	struct db *db = wait_for_server();
	if (db == NULL)
		return false;
	db_close(&db);
	return true;
}

static void remove_server(void)
{
	const char *const args[] = { "rm", "-rf", "--", server_home, NULL };
	pid_t child;

	stop_server(SIGINT);
	if (server_home[0] == '\0')
		return;
	child = fork();
	if (child == 0) {
		execv("/bin/rm", (char *const *)(uintptr_t)args);
		_exit(127);
	}
	(void)wait_status(child);
}

/* --- One database for each test ------------------------------------------ */

static int open_database(void **state)
{
	char sql[128], name[32];
	struct db *db;

	clock_use_virtual(WALL_MS);
	if (make_folder(state) != 0)
		return -1;
	db = connect_admin();
	if (db == NULL)
		return -1;
	text_format(name, sizeof(name), "test%d", ++databases);
	text_format(sql, sizeof(sql), "CREATE DATABASE %s", name);
	int status = db->driver->script(db, sql);
	db_close(&db);
	if (status != 0)
		return -1;
	use_database(name);
	loop = loop_new();
	open_store();
	return 0;
}

static int close_database(void **state)
{
	return close_world(state);
}

/* --- Of this back-end alone ---------------------------------------------- */

/* The server's own default is "off" here. */
static void commits_synchronously(void **state UNUSED)
{
	const char *reason = NULL;
	struct db *db = db_open(location, &reason);

	assert_non_null(db);
	/* An error when the condition does not hold. */
	assert_int_equal(
		db->driver->script(db, "DO $$ BEGIN ASSERT current_setting("
				       "'synchronous_commit') = 'on'; END $$"),
		0);
	assert_int_equal(
		db->driver->script(db, "DO $$ BEGIN ASSERT current_setting("
				       "'synchronous_commit') = 'off'; END $$"),
		-1);
	assert_int_equal(db->error, DB_FAILED);
	db_close(&db);
}

static void refuses_bad_locations(void **state UNUSED)
{
	static const struct {
		const char *place, *word;
	} rows[] = {
		{ "postgresql:host=/no/such/folder dbname=x", "can't be used" },
		{ "postgresql:nonsense=1", "nonsense" },
		{ "postgresql:host=127.0.0.1 port=1 dbname=x",
			"can't be used" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *reason = NULL;
		struct store *s =
			store_open(loop, rows[i].place, key_path, &reason);

		assert_null(s);
		if (strstr(reason, rows[i].word) == NULL)
			fail_msg("row %zu: %s", i, reason);
	}
}

static void put_one(const char *user, const char *value, struct outcome *o)
{
	const struct store_setting s = { "n", value, false };
	const struct store_account a = { GW, user, "net", &s, 1 };

	store_account_put(store, &a, on_done, o);
}

/* Text that this back-end refuses fails alone. */
static void bad_text_fails_alone(void **state UNUSED)
{
	struct outcome outcomes[9] = { 0 };

	for (size_t i = 0; i < COUNT(outcomes); i++) {
		char user[32];

		text_format(user, sizeof(user), "u%zu@x", i);
		put_one(user, i == 4 ? "broken \xff" : "sound", &outcomes[i]);
	}
	(void)barrier_status();
	for (size_t i = 0; i < COUNT(outcomes); i++) {
		assert_int_equal(outcomes[i].calls, 1);
		assert_int_equal(outcomes[i].status, i == 4 ? -1 : 0);
	}
	assert_true(log_has("account put failed"));
	expect_load(GW, "A u0@x net n=sound\nA u1@x net n=sound\n"
			"A u2@x net n=sound\nA u3@x net n=sound\n"
			"A u5@x net n=sound\nA u6@x net n=sound\n"
			"A u7@x net n=sound\nA u8@x net n=sound\n");
}

/* The server goes away, by a stop or a crash, and comes back. */
static void outlives_the_server(void **state UNUSED)
{
	static const int signals[] = { SIGINT, SIGQUIT };

	open_archive();
	for (size_t i = 0; i < COUNT(signals); i++) {
		struct outcome o = { 0 };

		append(1, "a", "before");
		barrier();
		assert_true(store_is_healthy(store));
		stop_server(signals[i]);
		put_one("u@x", "kept", &o);
		append(1, "a", "during");
		for (int wait = 0; wait < 1000 && store_is_healthy(store);
			wait++)
			usleep(10000);
		assert_false(store_is_healthy(store));
		assert_false(o.is_done);
		start_server();
		wait_for(&o);
		assert_int_equal(o.status, 0);
		barrier();
		assert_true(store_is_healthy(store));
	}
	expect_all(1, NULL, "a:before a:during a:before a:during ");
	expect_load(GW, "A u@x net n=kept\n");
}

/* A signal to every process that the server started. */
static void signal_sessions(int signo)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	char path[300], stat[300], *end;
	int parent, fd;

	while ((entry = readdir(dir)) != NULL) {
		pid_t pid = (pid_t)strtol(entry->d_name, &end, 10);

		text_format(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		if (*end != '\0' || (fd = open(path, O_RDONLY)) < 0)
			continue;
		ssize_t len = read(fd, stat, sizeof(stat) - 1);
		close(fd);
		stat[len > 0 ? len : 0] = '\0';
		end = strrchr(stat, ')');
		if (end != NULL && sscanf(end, ") %*c %d", &parent) == 1 &&
			parent == server)
			kill(pid, signo);
	}
	closedir(dir);
}

/* A server that hangs does not keep the program from ending. */
static void ends_without_an_answer(void **state UNUSED)
{
	struct outcome o = { 0 };

	barrier();
	signal_sessions(SIGSTOP);
	put_one("u@x", "lost", &o);
	store_close(&store);
	signal_sessions(SIGCONT);
	assert_int_equal(o.calls, 1);
	assert_int_equal(o.status, -1);
	assert_true(log_has("the server does not answer"));
}

/* Somebody ends our connection in the middle. */
static void outlives_its_connection(void **state UNUSED)
{
	char here[sizeof(location)];
	struct outcome outcomes[200] = { 0 };

	text_copy(here, sizeof(here), location);
	for (size_t i = 0; i < COUNT(outcomes); i++) {
		char user[32];

		text_format(user, sizeof(user), "u%zu@x", i);
		put_one(user, "v", &outcomes[i]);
		if (i % 50 == 25) {
			struct db *db = connect_admin();

			assert_non_null(db);
			assert_int_equal(
				db->driver->script(db,
					"SELECT pg_terminate_backend(pid)"
					" FROM pg_stat_activity"
					" WHERE datname LIKE 'test%'"),
				0);
			db_close(&db);
		}
	}
	text_copy(location, sizeof(location), here);
	barrier();
	for (size_t i = 0; i < COUNT(outcomes); i++)
		assert_int_equal(outcomes[i].status, 0);
}

/* Two processes that start together both want to make the tables. */
static void instances_start_together(void **state UNUSED)
{
	pid_t children[4];
	char sql[128];

	store_close(&store);
	struct db *db = connect_admin();
	text_format(sql, sizeof(sql), "CREATE DATABASE together%d", databases);
	assert_int_equal(db->driver->script(db, sql), 0);
	db_close(&db);
	text_format(sql, sizeof(sql), "together%d", databases);
	use_database(sql);
	for (size_t i = 0; i < COUNT(children); i++) {
		children[i] = fork();
		if (children[i] == 0) {
			const char *reason = NULL;

			db = db_open(location, &reason);
			_exit(db != NULL ? 0 : 1);
		}
	}
	for (size_t i = 0; i < COUNT(children); i++)
		assert_int_equal(wait_status(children[i]), 0);
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, open_database, close_database)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ACCOUNT_CASES(open_database, close_database),
		ARCHIVE_CASES(open_database, close_database),
		INBOX_CASES(open_database, close_database),
		KEPT_CASES(open_database, close_database),
		OUTBOX_CASES(open_database, close_database),
		CASE(commits_synchronously),
		CASE(refuses_bad_locations),
		CASE(bad_text_fails_alone),
		CASE(outlives_the_server),
		CASE(outlives_its_connection),
		CASE(ends_without_an_answer),
		CASE(instances_start_together),
	};

	if (!find_programs()) {
		printf("skipped: no PostgreSQL server is installed\n");
		return 0;
	}
	if (!make_server()) {
		remove_server();
		printf("failed: the PostgreSQL server does not start\n");
		return 1;
	}
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	remove_server();
	return failed;
}
