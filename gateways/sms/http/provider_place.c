/*
 * Where the files of providers are: those that come with the program, found
 * from where it stands, and those of operators.
 */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "sms_http/provider.h"

#define FOLDER "sms-providers/"

/* The folder of this program, with a slash; false: nobody knows. */
static bool own_folder(char out[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", out, PATH_MAX - 1);
	char *slash;

	if (len <= 0)
		return false;
	out[len] = '\0';
	slash = strrchr(out, '/');
	if (slash == NULL)
		return false;
	slash[1] = '\0';
	return true;
}

static bool is_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len < 64 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == len;
}

/* A path of the operator's, relative to the file that says so. */
static int find_file(const char *name, const char *beside, struct str *path)
{
	const char *slash = beside != NULL ? strrchr(beside, '/') : NULL;

	if (name[0] != '/' && slash != NULL)
		str_add_bytes(path, beside, (size_t)(slash - beside) + 1);
	str_add(path, name);
	return path->overflow ? -1 : 0;
}

int provider_find(const char *name, const char *beside, struct str *path)
{
	static const char *const places[][2] = {
		{ "", FOLDER },
		{ CAUSEWAY_DATA_FROM_BIN "/", FOLDER },
		{ NULL, CAUSEWAY_DATA "/" FOLDER },
	};
	char own[PATH_MAX];
	bool has_own = own_folder(own);

	if (strchr(name, '/') != NULL)
		return find_file(name, beside, path);
	if (!is_name(name))
		return -1;
	for (size_t i = 0; i < COUNT(places); i++) {
		if (places[i][0] != NULL && !has_own)
			continue;
		str_reset(path);
		str_addf(path, "%s%s%s%s.conf", places[i][0] != NULL ? own : "",
			places[i][0] != NULL ? places[i][0] : "", places[i][1],
			name);
		if (!path->overflow && access(str_text(path), R_OK) == 0)
			return 0;
	}
	return -1;
}
