/*
 * What users and operators write for a host or a range. A range must open
 * the address that it was made of, and nothing that is not asked for.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "net/policy.h"
#include "net/resolve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_literal(const struct policy *p, const char *text)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = 1 };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = 1 };

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		assert(policy_permits(p, (const void *)&v4, NULL));
	else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
		assert(policy_permits(p, (const void *)&v6, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = 1 };
	struct policy *p = policy_new();
	char text[512], *slash;

	if (size >= sizeof(text))
		size = sizeof(text) - 1;
	memcpy(text, data, size);
	text[size] = '\0';
	(void)resolve_is_host(text);
	own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (policy_allow(p, text) != 0) {
		assert(!policy_permits(p, (const void *)&own, NULL));
	} else {
		slash = strchr(text, '/');
		if (slash != NULL)
			*slash = '\0';
		check_literal(p, text);
		assert(resolve_is_host(text));
	}
	policy_free(&p);
	return 0;
}
