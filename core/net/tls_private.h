/*
 * The part of tls.h that connections need; for conn.c and
 * http_client.c alone.
 */
#ifndef NET_TLS_PRIVATE_H
#define NET_TLS_PRIVATE_H

#include <openssl/ssl.h>

#include "base/macros.h"
#include "base/str.h"
#include "net/tls.h"

/* One TLS session towards `host` (a name, or a literal address that the
 * certificate must then hold). NULL when `host` can't be either: without a
 * name there would be nothing to verify. */
SSL *tls_client_session(struct tls_client *t, const char *host) MUST_CHECK;
/* What http_client.c needs of it: the authorities, and whether they count. */
X509_STORE *tls_client_store(const struct tls_client *t);
bool tls_client_verifies(const struct tls_client *t);

/* One TLS session as server. */
SSL *tls_server_session(struct tls_server *t) MUST_CHECK;

/* The failure of a session in words for a person. `error` is OpenSSL's code
 * of it, 0 when it left none. */
void tls_explain(SSL *ssl, unsigned long error, struct str *out);

/* Did the peer close the connection without ending TLS first? */
bool tls_is_unclean_eof(unsigned long error);

#endif
