/*
 * The two contexts of OpenSSL that all connections share, and its errors in
 * plain words.
 *
 * An idle connection should hold as little as possible: buffers are released
 * between records, and neither sessions nor tickets are kept, because nobody
 * here resumes one.
 */
#include "net/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "net/tls_private.h"

const char *const tls_mode_names[] = { "required", "starttls", "none", NULL };

/* RFC 1035 section 2.3.4; with a final dot, and the terminator. */
#define HOST_SIZE 256

struct tls_client {
	SSL_CTX *context;
	bool verify;
};

struct tls_server {
	SSL_CTX *context;
};

/* --- Contexts ------------------------------------------------------------ */

static SSL_CTX *context_new(const SSL_METHOD *method)
{
	SSL_CTX *context = SSL_CTX_new(method);

	if (context == NULL)
		fatal("OpenSSL can't be set up");
	if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)
		fatal("OpenSSL does not offer TLS 1.2");
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS |
					  SSL_MODE_ENABLE_PARTIAL_WRITE |
					  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION |
					     SSL_OP_NO_RENEGOTIATION |
					     SSL_OP_NO_TICKET);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	return context;
}

static bool is_readable(const char *path)
{
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return false;
	fclose(file);
	return true;
}

static int load_authorities(
	SSL_CTX *context, const char *ca_file, const char **reason_r)
{
	if (ca_file == NULL) {
		if (SSL_CTX_set_default_verify_paths(context) == 1)
			return 0;
		*reason_r = "the system's certificate authorities can't be "
			    "read";
		return -1;
	}
	if (!is_readable(ca_file)) {
		*reason_r = "the file of certificate authorities can't be "
			    "read";
		return -1;
	}
	if (SSL_CTX_load_verify_file(context, ca_file) == 1)
		return 0;
	*reason_r = "the file of certificate authorities holds no "
		    "certificate in PEM form";
	return -1;
}

struct tls_client *tls_client_new(
	const char *ca_file, bool verify, const char **reason_r)
{
	struct tls_client *t = xalloc(sizeof(*t));

	t->verify = verify;
	t->context = context_new(TLS_client_method());
	if (load_authorities(t->context, ca_file, reason_r) != 0) {
		ERR_clear_error();
		tls_client_free(&t);
		return NULL;
	}
	SSL_CTX_set_verify(
		t->context, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	return t;
}

void tls_client_free(struct tls_client **slot)
{
	if (slot == NULL || *slot == NULL)
		return;
	/* Sessions that are still open hold the context themselves. */
	SSL_CTX_free((*slot)->context);
	xfree(*slot);
	*slot = NULL;
}

static const char *load_identity(
	SSL_CTX *context, const char *cert_file, const char *key_file)
{
	if (SSL_CTX_use_certificate_chain_file(context, cert_file) != 1)
		return "the certificate can't be read";
	/* This compares it with the certificate, too. */
	if (SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) !=
		1)
		return "the key can't be read, or is not the certificate's";
	return NULL;
}

struct tls_server *tls_server_new(
	const char *cert_file, const char *key_file, const char **reason_r)
{
	struct tls_server *t = xalloc(sizeof(*t));
	const char *reason;

	t->context = context_new(TLS_server_method());
	SSL_CTX_set_num_tickets(t->context, 0);
	reason = load_identity(t->context, cert_file, key_file);
	if (reason != NULL) {
		*reason_r = reason;
		ERR_clear_error();
		tls_server_free(&t);
	}
	return t;
}

void tls_server_free(struct tls_server **slot)
{
	if (slot == NULL || *slot == NULL)
		return;
	SSL_CTX_free((*slot)->context);
	xfree(*slot);
	*slot = NULL;
}

/* --- Sessions ------------------------------------------------------------ */

static bool is_literal(const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, address) == 1 ||
	       inet_pton(AF_INET6, host, address) == 1;
}

/* The host as certificates spell it: without brackets or a final dot. */
static bool plain_host(const char *host, char out[HOST_SIZE])
{
	size_t len = strlen(host);

	if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	} else if (len > 1 && host[len - 1] == '.') {
		len--;
	}
	if (len == 0 || len >= HOST_SIZE)
		return false;
	memcpy(out, host, len);
	out[len] = '\0';
	return true;
}

static bool set_host(SSL *ssl, const char *host)
{
	char name[HOST_SIZE];

	/* An empty name would switch the check off (SSL_set1_host(3)). */
	if (!plain_host(host, name))
		return false;
	if (is_literal(name))
		/* RFC 6066 section 3: no literal addresses in SNI. */
		return X509_VERIFY_PARAM_set1_ip_asc(
			       SSL_get0_param(ssl), name) == 1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set_tlsext_host_name(ssl, name) == 1 &&
	       SSL_set1_host(ssl, name) == 1;
}

SSL *tls_client_session(struct tls_client *t, const char *host)
{
	SSL *ssl = SSL_new(t->context);

	if (ssl == NULL)
		fatal("OpenSSL can't open a session");
	if (!set_host(ssl, host)) {
		ERR_clear_error();
		SSL_free(ssl);
		return NULL;
	}
	return ssl;
}

X509_STORE *tls_client_store(const struct tls_client *t)
{
	return SSL_CTX_get_cert_store(t->context);
}

bool tls_client_verifies(const struct tls_client *t)
{
	return t->verify;
}

SSL *tls_server_session(struct tls_server *t)
{
	SSL *ssl = SSL_new(t->context);

	if (ssl == NULL)
		fatal("OpenSSL can't open a session");
	return ssl;
}

/* --- Errors -------------------------------------------------------------- */

struct phrase {
	int code;
	const char *text;
};

/* What is wrong with the certificate, as the end of "the certificate of HOST
 * ...". Codes of X509_STORE_CTX_get_error(3). */
static const struct phrase certificate_phrases[] = {
	{ X509_V_ERR_HOSTNAME_MISMATCH, "is not for that name" },
	{ X509_V_ERR_IP_ADDRESS_MISMATCH, "is not for that address" },
	{ X509_V_ERR_CERT_HAS_EXPIRED, "has expired" },
	{ X509_V_ERR_CERT_NOT_YET_VALID, "is not valid yet" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
		"is signed by an unknown authority" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
		"is signed by an unknown authority" },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
		"is signed by an unknown authority" },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
		"is signed by an unknown authority" },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
		"is signed by itself, not by a known authority" },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE,
		"is not signed by the authority that it names" },
	{ X509_V_ERR_CERT_REVOKED, "was revoked" },
	{ X509_V_ERR_INVALID_PURPOSE, "is not meant for a server" },
	{ X509_V_ERR_EE_KEY_TOO_SMALL, "has a key that is too weak" },
	{ X509_V_ERR_CA_KEY_TOO_SMALL,
		"is signed with a key that is too weak" },
	{ X509_V_ERR_CA_MD_TOO_WEAK,
		"is signed with a digest that is too weak" },
};

/* Reasons of the SSL library. */
static const struct phrase session_phrases[] = {
	{ SSL_R_WRONG_VERSION_NUMBER,
		"the peer does not speak TLS on this port" },
	{ SSL_R_HTTP_REQUEST, "the peer does not speak TLS on this port" },
	{ SSL_R_UNSUPPORTED_PROTOCOL,
		"the peer offers no version of TLS from 1.2 on" },
	{ SSL_R_TLSV1_ALERT_PROTOCOL_VERSION,
		"the peer offers no version of TLS from 1.2 on" },
	{ SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
		"the peer refused every cipher we offered" },
	{ SSL_R_NO_SHARED_CIPHER, "the peer offered no cipher we accept" },
	{ SSL_R_DH_KEY_TOO_SMALL, "the peer uses a key that is too weak" },
	{ SSL_R_TLSV1_ALERT_UNKNOWN_CA,
		"the peer does not know the authority of our certificate" },
	{ SSL_R_UNEXPECTED_EOF_WHILE_READING,
		"the peer closed the connection in the middle of TLS" },
};

static const char *phrase_of(const struct phrase *table, size_t count, int code)
{
	for (size_t i = 0; i < count; i++) {
		if (table[i].code == code)
			return table[i].text;
	}
	return NULL;
}

static void explain_certificate(SSL *ssl, long code, struct str *out)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	char *address = X509_VERIFY_PARAM_get1_ip_asc(param);
	const char *name = X509_VERIFY_PARAM_get0_host(param, 0);
	const char *text = phrase_of(
		certificate_phrases, COUNT(certificate_phrases), (int)code);

	if (name == NULL)
		name = address != NULL ? address : "the peer";
	if (text != NULL)
		str_addf(out, "the certificate of %s %s", name, text);
	else
		str_addf(out, "the certificate of %s was refused: %s", name,
			X509_verify_cert_error_string(code));
	OPENSSL_free(address);
}

static void explain_session(unsigned long error, struct str *out)
{
	const char *text = NULL;

	if (ERR_GET_LIB(error) == ERR_LIB_SSL)
		text = phrase_of(session_phrases, COUNT(session_phrases),
			ERR_GET_REASON(error));
	if (text == NULL)
		text = ERR_reason_error_string(error);
	if (text == NULL)
		text = "the peer broke the TLS connection off";
	str_add(out, text);
}

void tls_explain(SSL *ssl, unsigned long error, struct str *out)
{
	long code = SSL_get_verify_result(ssl);

	if (code != X509_V_OK &&
		(SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER) != 0)
		explain_certificate(ssl, code, out);
	else
		explain_session(error, out);
}

bool tls_is_unclean_eof(unsigned long error)
{
	return ERR_GET_LIB(error) == ERR_LIB_SSL &&
	       ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}
