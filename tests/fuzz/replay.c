/*
 * Runs a fuzz target on files instead of under libFuzzer: every file named,
 * and every file of every folder named.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned replayed;

static void replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL) {
		perror(path);
		exit(1);
	}
	struct stat info;
	if (fstat(fileno(file), &info) != 0)
		exit(1);
	size_t size = (size_t)info.st_size;
	uint8_t *data = malloc(size + 1);
	if (data == NULL || fread(data, 1, size, file) != size)
		exit(1);
	fclose(file);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	replayed++;
}

static void replay_folder(const char *path)
{
	struct dirent **names;
	int count = scandir(path, &names, NULL, alphasort);
	if (count < 0) {
		perror(path);
		exit(1);
	}
	for (int i = 0; i < count; i++) {
		char file[4096];
		snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
		if (names[i]->d_name[0] != '.')
			replay_file(file);
		free(names[i]);
	}
	free(names);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct stat info;
		if (stat(argv[i], &info) == 0 && S_ISDIR(info.st_mode))
			replay_folder(argv[i]);
		else
			replay_file(argv[i]);
	}
	printf("%u inputs replayed\n", replayed);
	return replayed > 0 ? 0 : 1;
}
