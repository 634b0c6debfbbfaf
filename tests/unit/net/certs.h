/*
 * A certificate authority of the test's own, in a temporary folder. Every
 * certificate is one PEM file with its key.
 */
#ifndef TEST_NET_CERTS_H
#define TEST_NET_CERTS_H

#include <dirent.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

struct certs {
	char dir[32];
	EVP_PKEY *key; /* of the authority */
	X509 *root;
	long serial;
};

/* The path of NAME.pem; valid until the next call. */
static inline const char *certs_path(const struct certs *c, const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s.pem", c->dir, name);
	return path;
}

static inline void certs_write(
	const struct certs *c, const char *name, X509 *cert, EVP_PKEY *key)
{
	FILE *file = fopen(certs_path(c, name), "w");

	if (file == NULL || PEM_write_X509(file, cert) != 1 ||
		PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) !=
			1 ||
		fclose(file) != 0)
		fatal("can't write a certificate");
}

static inline void certs_extend(
	X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	if (extension == NULL || X509_add_ext(cert, extension, -1) != 1)
		fatal("can't make a certificate");
	X509_EXTENSION_free(extension);
}

static inline X509 *certs_make(struct certs *c, const char *subject,
	EVP_PKEY *key, int from_days, int until_days)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), ++c->serial);
	X509_time_adj_ex(X509_getm_notBefore(cert), from_days, 0, NULL);
	X509_time_adj_ex(X509_getm_notAfter(cert), until_days, 0, NULL);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
		(const unsigned char *)subject, -1, -1, 0);
	X509_set_pubkey(cert, key);
	return cert;
}

/* NAME.pem for `names` ("DNS:irc.example.org,IP:127.0.0.1"), valid between
 * the two days from now. */
static inline void certs_issue(struct certs *c, const char *name,
	const char *names, int from_days, int until_days)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = certs_make(c, name, key, from_days, until_days);

	X509_set_issuer_name(cert, X509_get_subject_name(c->root));
	certs_extend(cert, c->root, NID_subject_alt_name, names);
	X509_sign(cert, c->key, EVP_sha256());
	certs_write(c, name, cert, key);
	X509_free(cert);
	EVP_PKEY_free(key);
}

/* A new authority of that name; its own certificate is ca.pem. */
static inline void certs_init(struct certs *c, const char *name)
{
	*c = (struct certs){ .dir = "/tmp/causeway-certs-XXXXXX" };
	if (mkdtemp(c->dir) == NULL)
		fatal("can't make a folder for certificates");
	c->key = EVP_EC_gen("P-256");
	c->root = certs_make(c, name, c->key, -10, 10);
	X509_set_issuer_name(c->root, X509_get_subject_name(c->root));
	certs_extend(
		c->root, c->root, NID_basic_constraints, "critical,CA:TRUE");
	X509_sign(c->root, c->key, EVP_sha256());
	certs_write(c, "ca", c->root, c->key);
}

static inline void certs_finish(struct certs *c)
{
	DIR *dir = opendir(c->dir);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	if (dir != NULL)
		closedir(dir);
	rmdir(c->dir);
	X509_free(c->root);
	EVP_PKEY_free(c->key);
}

#endif
