#include "net/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 128

static const char *explain(int err)
{
	switch (err) {
	case EADDRINUSE:
		return "the address and port are in use";
	case EADDRNOTAVAIL:
		return "this machine has no such address";
	case EACCES:
		return "this port needs more privileges";
	default:
		return "the address can't be bound";
	}
}

/* Into `out` with its length; 0 when it is no literal address. */
static socklen_t parse_address(
	const char *address, uint16_t port, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (void *)out;
	struct sockaddr_in6 *v6 = (void *)out;

	*out = (struct sockaddr_storage){ 0 };
	if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		return sizeof(*v6);
	}
	return 0;
}

int listen_at(const char *address, uint16_t port, const char **reason_r)
{
	struct sockaddr_storage storage;
	socklen_t len = parse_address(address, port, &storage);
	int fd, on = 1;

	if (len == 0) {
		*reason_r = "this is no literal address";
		return -1;
	}
	fd = socket(storage.ss_family,
		SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&storage, len) != 0 ||
		listen(fd, BACKLOG) != 0) {
		*reason_r = explain(errno);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}
