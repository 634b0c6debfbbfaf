/*
 * TLS settings shared by connections. TLS 1.2 at least; the peer's chain and
 * name are verified unless the operator said otherwise.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stdbool.h>

#include "base/macros.h"

enum tls_mode {
	TLS_REQUIRED, /* TLS from the first byte */
	TLS_STARTTLS, /* upgraded before anything secret is said */
	TLS_NONE,
};

/* "required", "starttls", "none": NULL-terminated, in enum order. */
extern const char *const tls_mode_names[];

struct tls_client;

/* `ca_file` NULL: the system's. NULL with a reason when it can't be read. */
struct tls_client *tls_client_new(
	const char *ca_file, bool verify, const char **reason_r) MUST_CHECK;
/* Connections that use it go on. Takes NULL inside, sets NULL. */
void tls_client_free(struct tls_client **slot);

/* For test servers: certificate and key in PEM files. */
struct tls_server;
/* NULL with a reason when the files can't be read or do not fit. */
struct tls_server *tls_server_new(const char *cert_file, const char *key_file,
	const char **reason_r) MUST_CHECK;
/* As tls_client_free(). */
void tls_server_free(struct tls_server **slot);

#endif
