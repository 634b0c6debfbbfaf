#include "sms_modem/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static const struct {
	int speed;
	speed_t code;
} speeds[] = {
	{ 9600, B9600 },
	{ 19200, B19200 },
	{ 38400, B38400 },
	{ 57600, B57600 },
	{ 115200, B115200 },
	{ 230400, B230400 },
	{ 460800, B460800 },
	{ 921600, B921600 },
};

static speed_t code_of(int speed)
{
	for (size_t i = 0; i < COUNT(speeds); i++)
		if (speeds[i].speed == speed)
			return speeds[i].code;
	return B0;
}

bool tty_knows_speed(int speed)
{
	return code_of(speed) != B0;
}

/* Bytes as they are; no waiting for a carrier, and a read that finds nothing
 * says so instead of "the end". */
static int set_raw(int fd, int speed)
{
	struct termios t;

	if (tcgetattr(fd, &t) != 0)
		return -1;
	cfmakeraw(&t);
	t.c_cflag |= CLOCAL | CREAD;
	t.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS);
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	if (cfsetispeed(&t, code_of(speed)) != 0 ||
		cfsetospeed(&t, code_of(speed)) != 0)
		return -1;
	return tcsetattr(fd, TCSANOW, &t);
}

/* Two that read from one modem would each get half of what it says. */
static int claim(int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return -1;
	return ioctl(fd, TIOCEXCL);
}

static int set_up(int fd, int speed, const char **reason_r)
{
	if (!isatty(fd)) {
		*reason_r = "it is no serial line";
		return -1;
	}
	if (claim(fd) != 0) {
		*reason_r = "another program uses it";
		return -1;
	}
	if (set_raw(fd, speed) != 0) {
		*reason_r = strerror(errno);
		return -1;
	}
	/* What was said to whoever had it before. */
	(void)tcflush(fd, TCIOFLUSH);
	return 0;
}

struct conn *tty_open(struct loop *l, const char *path, int speed,
	const struct conn_limits *limits, conn_fn fn, void *arg,
	const char **reason_r)
{
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0) {
		*reason_r = errno == EBUSY ? "another program uses it"
					   : strerror(errno);
		return NULL;
	}
	if (set_up(fd, speed, reason_r) != 0) {
		close(fd);
		return NULL;
	}
	return conn_new(l, fd, "modem", limits, fn, arg);
}
