/*
 * The keys of a backend with kind = "http".
 */
#ifndef SMS_HTTP_CONFIG_H
#define SMS_HTTP_CONFIG_H

#include <stdbool.h>

#include "base/config.h"
#include "base/secret.h"
#include "base/str.h"
#include "sms_http/provider.h"
#include "sms_http/template.h"

struct http_config {
	char *provider;
	struct cfg_place place;
	char *url, *account, *key, *application;
	struct secret *secret, *signature, *token;
	char *callback_url;
	double rate;
	int parallel, timeout_s;
	char *ca_file;
	bool verify;
};

/* Its check reads the file of the provider. */
extern const struct cfg_group http_config_schema;

/* The file of its provider, with what it needs being there. NULL with a
 * message. */
struct provider *http_config_provider(
	const struct http_config *config, struct str *error);

/* The variables of the backend: borrowed of both. */
void http_config_values(const struct http_config *config,
	const struct provider *p, struct template_values *out);

#endif
