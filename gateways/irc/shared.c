/*
 * What sessions share: scratch texts, TLS clients, ISUPPORT tables.
 */
#include "irc/irc.h"

#include <string.h>

#include "base/alloc.h"
#include "base/intern.h"

const struct irc_config *irc_config_of(const struct irc_gateway *irc)
{
	return irc->gw->config;
}

const char *irc_text(
	struct irc_gateway *irc, struct slice raw, enum charset charset)
{
	struct str *text = &irc->texts[irc->next_text++ % IRC_TEXTS];

	str_reset(text);
	charset_decode(text, raw, charset);
	return str_text(text);
}

/* --- TLS ----------------------------------------------------------------- */

struct tls_client *irc_tls_get(struct irc_gateway *irc, const char *ca_file,
	bool verify, const char **reason_r)
{
	struct tls_client *client;
	struct irc_tls *t;

	list_for_each(it, &irc->tls) {
		t = CONTAINER(it, struct irc_tls, link);
		if (t->verify == verify &&
			strcmp(t->ca_file, ca_file ? ca_file : "") == 0)
			return t->client;
	}
	client = tls_client_new(ca_file, verify, reason_r);
	if (client == NULL)
		return NULL;
	t = xalloc(sizeof(*t));
	t->ca_file = xstrdup(ca_file ? ca_file : "");
	t->verify = verify;
	t->client = client;
	list_append(&irc->tls, &t->link);
	return client;
}

/* --- ISUPPORT ------------------------------------------------------------ */

struct irc_isupport_ref *irc_isupport_default(struct irc_gateway *irc)
{
	struct irc_isupport_ref *ref = xalloc(sizeof(*ref));

	ref->refs = 1;
	irc_isupport_init(&ref->data);
	irc_isupport_share(irc, &ref);
	return ref;
}

struct irc_isupport *irc_isupport_own(struct irc_isupport_ref **ref)
{
	struct irc_isupport_ref *copy;

	if (!(*ref)->is_shared)
		return &(*ref)->data;
	copy = xalloc(sizeof(*copy));
	copy->refs = 1;
	memcpy(&copy->data, &(*ref)->data, sizeof(copy->data));
	copy->data.network = intern_ref((*ref)->data.network);
	irc_isupport_drop(ref);
	*ref = copy;
	return &copy->data;
}

/* Compared byte by byte: two that are equal but for padding are just not
 * shared. The memory was zeroed before it was filled. */
void irc_isupport_share(struct irc_gateway *irc, struct irc_isupport_ref **ref)
{
	struct irc_isupport_ref *own = *ref;

	if (own->is_shared)
		return;
	list_for_each(it, &irc->isupports) {
		struct irc_isupport_ref *other =
			CONTAINER(it, struct irc_isupport_ref, link);

		/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
		if (memcmp(&other->data, &own->data, sizeof(own->data)) == 0) {
			other->refs++;
			irc_isupport_drop(ref);
			*ref = other;
			return;
		}
	}
	own->is_shared = true;
	list_append(&irc->isupports, &own->link);
}

void irc_isupport_drop(struct irc_isupport_ref **ref)
{
	struct irc_isupport_ref *r = *ref;

	*ref = NULL;
	if (r == NULL || --r->refs > 0)
		return;
	if (r->is_shared)
		list_remove(&r->link);
	irc_isupport_finish(&r->data);
	xfree(r);
}
