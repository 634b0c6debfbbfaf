#include "net/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

/* Fill in the address of $NOTIFY_SOCKET; 0 when there is none. */
static socklen_t socket_address(struct sockaddr_un *address)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len;

	if (path == NULL || (path[0] != '/' && path[0] != '@'))
		return 0;
	len = strlen(path);
	if (len < 2 || len >= sizeof(address->sun_path))
		return 0;
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path, path, len);
	/* '@' stands for the NUL in front of an abstract name. */
	if (path[0] == '@')
		address->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

void notify_send(const char *state)
{
	struct sockaddr_un address;
	socklen_t address_len = socket_address(&address);
	int fd;

	if (address_len == 0)
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
		sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
			(const struct sockaddr *)&address, address_len) < 0)
		log_warning("net", "the service manager can't be told: %s",
			strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* A positive decimal number from the environment; -1 without one. */
static int64_t number_of(const char *name)
{
	const char *text = getenv(name);
	char *end;
	long long value;

	if (text == NULL || text[0] < '0' || text[0] > '9')
		return -1;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0')
		return -1;
	return value;
}

int64_t notify_watchdog_ms(void)
{
	int64_t usec = number_of("WATCHDOG_USEC");
	int64_t pid = number_of("WATCHDOG_PID");

	/* The variables may have been meant for our parent. */
	if (usec <= 0 || (pid >= 0 && pid != (int64_t)getpid()))
		return 0;
	return usec / 2000 > 0 ? usec / 2000 : 1;
}
