#include "host/pep.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "host/account.h"
#include "host/card.h"
#include "host/handlers.h"
#include "host/lookup.h"
#include "xmpp/disco.h"
#include "xmpp/ns.h"

/* The one item of the node of cards. */
#define CARD_ITEM     "current"
/* ... and of the node of pictures when there is none any more. */
#define NO_PHOTO_ITEM "none"

/* --- What a person publishes --------------------------------------------- */

const char *pep_feature(const struct gateway_ops *ops, size_t index)
{
	static const struct {
		const char *feature;
		bool of_photos;
	} rows[] = {
		{ NS_PUBSUB, false },
		{ NS_PUBSUB "#retrieve-items", false },
		{ NS_PUBSUB "#auto-subscribe", true },
		{ NS_PUBSUB "#filtered-notifications", true },
		{ NS_PUBSUB "#last-published", true },
	};
	for (size_t i = 0; ops->lookup != NULL && i < COUNT(rows); i++)
		if ((!rows[i].of_photos || ops->photo_of != NULL) &&
			index-- == 0)
			return rows[i].feature;
	return NULL;
}

bool pep_photo(
	const struct user *u, const struct target *t, struct gw_photo *out)
{
	const struct gateway_ops *ops = u->gateway->api.ops;
	struct account *a = account_find(u, t->address.account);
	if (ops->photo_of == NULL || t->kind != TARGET_PERSON || a == NULL ||
		a->state == ACCOUNT_IDLE)
		return false;
	*out = (struct gw_photo){ .sha1 = "" };
	ops->photo_of(&a->session, t->address.name, out);
	return true;
}

static bool has_photo(const struct user *u, const struct target *t)
{
	struct gw_photo photo;
	return pep_photo(u, t, &photo) && photo.sha1[0] != '\0';
}

static bool has_card(const struct user *u, const struct target *t)
{
	(void)t;
	return u->gateway->api.ops->lookup != NULL;
}

/* --- Answers ------------------------------------------------------------- */

/* Section 6.5.7 of XEP-0060: does this request want the item? */
static bool wants(const struct xml *items, const char *id)
{
	const struct xml *item = xml_child(items, "item", NS_PUBSUB);
	if (item == NULL)
		return true;
	for (; item != NULL; item = xml_next(item, "item", NS_PUBSUB)) {
		const char *wanted = xml_attr(item, "id");
		if (wanted != NULL && strcmp(wanted, id) == 0)
			return true;
	}
	return false;
}

/* `wrap` in its namespace `ns` around them; `id` NULL: there is none. Else its
 * content follows; stanza_end() closes them all. */
static void put_items(struct xml_writer *w, const char *wrap, const char *ns,
	const char *node, const char *id)
{
	xml_open(w, wrap, ns);
	xml_open(w, "items", NULL);
	xml_put_attr(w, "node", node);
	if (id == NULL)
		return;
	xml_open(w, "item", NULL);
	xml_put_attr(w, "id", id);
}

/* XEP-0060 section 6.5.9.12 */
static void answer_empty(
	const struct user *u, const struct stanza *s, const char *node)
{
	struct component *c = u->gateway->component;
	put_items(iq_result_begin(c, s), "pubsub", NS_PUBSUB, node, NULL);
	stanza_end(c);
}

/* XEP-0084 section 4.2; a picture that is none is told of as well. */
static void put_metadata(struct xml_writer *w, const struct gw_photo *photo)
{
	xml_open(w, "metadata", NS_AVATAR_METADATA);
	if (photo->sha1[0] != '\0') {
		xml_open(w, "info", NULL);
		xml_put_attr_int(w, "bytes", photo->bytes);
		xml_put_attr(w, "id", photo->sha1);
		xml_put_attr(w, "type", photo->type);
		if (photo->width > 0 && photo->height > 0) {
			xml_put_attr_int(w, "width", photo->width);
			xml_put_attr_int(w, "height", photo->height);
		}
		xml_close(w);
	}
	xml_close(w);
}

static void answer_metadata(struct user *u, const struct target *t,
	const struct stanza *s, const struct xml *items)
{
	struct component *c = u->gateway->component;
	struct gw_photo photo;
	if (!pep_photo(u, t, &photo) || !wants(items, photo.sha1)) {
		answer_empty(u, s, NS_AVATAR_METADATA);
		return;
	}
	struct xml_writer *w = iq_result_begin(c, s);
	put_items(w, "pubsub", NS_PUBSUB, NS_AVATAR_METADATA, photo.sha1);
	put_metadata(w, &photo);
	stanza_end(c);
}

/* The bytes in base64 of "image/png;base64" among the facts. */
static struct slice photo_bytes(const struct request *r)
{
	struct slice rest = str_slice(&r->lines), key, value;
	long number;
	while (lookup_next(&rest, &key, &value, &number))
		if (slice_equals(key, "photo")) {
			slice_cut(&value, ';');
			return value;
		}
	return slice_of(NULL);
}

/* `arg` is its hash. */
static void data_found(struct request *r, const struct gw_result *result)
{
	struct slice bytes = photo_bytes(r);
	if (lookup_failed(r, result))
		return;
	struct xml_writer *w = request_result_begin(r);
	put_items(w, "pubsub", NS_PUBSUB, NS_AVATAR_DATA,
		bytes.len > 0 ? r->arg : NULL);
	if (bytes.len > 0) {
		xml_open(w, "data", NS_AVATAR_DATA);
		xml_put_slice(w, bytes);
	}
	lookup_end(r);
}

static void answer_data(struct user *u, const struct target *t,
	const struct stanza *s, const struct xml *items)
{
	struct gw_photo photo;
	if (pep_photo(u, t, &photo) && wants(items, photo.sha1))
		lookup_start(
			u, t, s, GW_PROFILE, data_found, xstrdup(photo.sha1));
	else
		answer_empty(u, s, NS_AVATAR_DATA);
}

static void card_found(struct request *r, const struct gw_result *result)
{
	if (lookup_failed(r, result))
		return;
	struct xml_writer *w = request_result_begin(r);
	put_items(w, "pubsub", NS_PUBSUB, NODE_VCARD4, CARD_ITEM);
	card_put_person(w, r, true);
	lookup_end(r);
}

static void answer_card(struct user *u, const struct target *t,
	const struct stanza *s, const struct xml *items)
{
	if (wants(items, CARD_ITEM))
		lookup_start(u, t, s, GW_PROFILE, card_found,
			xstrdup(t->address.name));
	else
		answer_empty(u, s, NODE_VCARD4);
}

/* --- Nodes --------------------------------------------------------------- */

static const struct node {
	const char *name;
	bool (*is_there)(const struct user *u, const struct target *t);
	void (*answer)(struct user *u, const struct target *t,
		const struct stanza *s, const struct xml *items);
} nodes[] = {
	{ NS_AVATAR_DATA, has_photo, answer_data },
	{ NS_AVATAR_METADATA, has_photo, answer_metadata },
	{ NODE_VCARD4, has_card, answer_card },
};

static const struct node *find_node(
	const struct user *u, const struct target *t, const char *name)
{
	for (size_t i = 0; i < COUNT(nodes); i++)
		if (strcmp(nodes[i].name, name) == 0 && nodes[i].is_there(u, t))
			return &nodes[i];
	return NULL;
}

bool pep_has_node(
	const struct user *u, const struct target *t, const char *node)
{
	return find_node(u, t, node) != NULL;
}

void pep_put_nodes(
	struct xml_writer *w, const struct user *u, const struct target *t)
{
	char jid[GATEWAY_JID_SIZE];
	if (!gateway_address_jid(u->gateway, &t->address, jid))
		return;
	for (size_t i = 0; i < COUNT(nodes); i++)
		if (nodes[i].is_there(u, t))
			disco_put_item(w, jid, nodes[i].name, NULL);
}

/* --- Requests ------------------------------------------------------------ */

/* What a person cannot be asked to do (XEP-0060 section 10). */
static const char *unsupported(const struct xml *verb)
{
	static const struct {
		const char *verb, *feature;
	} rows[] = {
		{ "subscribe", "subscribe" },
		{ "unsubscribe", "subscribe" },
		{ "options", "subscription-options" },
		{ "subscriptions", "retrieve-subscriptions" },
		{ "affiliations", "retrieve-affiliations" },
		{ "publish", "publish" },
		{ "retract", "retract-items" },
		{ "create", "create-nodes" },
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		if (xml_is(verb, rows[i].verb, NS_PUBSUB))
			return rows[i].feature;
	return NULL;
}

static void refuse(
	const struct user *u, const struct stanza *s, const struct xml *verb)
{
	const char *feature = unsupported(verb);
	struct stanza_error_detail detail = { .error = ERR_BAD_REQUEST };
	if (feature != NULL) {
		detail.error = ERR_FEATURE_NOT_IMPLEMENTED;
		detail.text = "Who has told the gateway what they can do is "
			      "notified without a subscription; nobody else "
			      "can change this.";
		detail.child = "unsupported";
		detail.feature = feature;
	} else if (xml_is(verb, "items", NS_PUBSUB)) {
		detail.child = "nodeid-required";
	}
	detail.child_ns = NS_PUBSUB_ERRORS;
	stanza_reply_error_detail(u->gateway->component, s, &detail);
}

void pubsub_iq(struct user *u, const struct target *t, const struct stanza *s)
{
	struct component *c = u->gateway->component;
	const struct xml *pubsub = xml_child(s->xml, "pubsub", NS_PUBSUB);
	const struct xml *verb = xml_child(pubsub, NULL, NULL);
	const char *name = xml_is(verb, "items", NS_PUBSUB)
				   ? xml_attr(verb, "node")
				   : NULL;
	if (u->gateway->api.ops->lookup == NULL) {
		stanza_reply_error(c, s, ERR_SERVICE_UNAVAILABLE, NULL);
		return;
	}
	if (s->type != TYPE_GET || name == NULL) {
		refuse(u, s, verb);
		return;
	}
	const struct node *node = find_node(u, t, name);
	if (node != NULL)
		node->answer(u, t, s, verb);
	else
		stanza_reply_error(c, s, ERR_ITEM_NOT_FOUND, NULL);
}

/* --- Notifications ------------------------------------------------------- */

/* Section 4.3 of XEP-0163: from the bare JID, to each client that wants it. */
static void tell(const struct contact *c, const struct resource *r)
{
	static const struct gw_photo none = { .sha1 = "" };
	const struct gw_photo *photo = c->photo != NULL ? c->photo : &none;
	struct gateway *g = c->user->gateway;
	char jid[GATEWAY_JID_SIZE];
	text_format(jid, sizeof(jid), "%s@%s", c->local, g->options->jid);
	const struct stanza_head head = {
		.from = jid, .to = r->jid, .type = "headline"
	};
	struct xml_writer *w =
		stanza_begin(g->component, STANZA_MESSAGE, &head);
	put_items(w, "event", NS_PUBSUB_EVENT, NS_AVATAR_METADATA,
		c->photo != NULL ? photo->sha1 : NO_PHOTO_ITEM);
	put_metadata(w, photo);
	stanza_end(g->component);
}

static bool is_ready(const struct user *u)
{
	return component_state(u->gateway->component) == COMPONENT_READY;
}

static bool is_told(const struct contact *c, const struct gw_photo *now)
{
	return strcmp(c->photo != NULL ? c->photo->sha1 : "", now->sha1) == 0;
}

void pep_tell_contact(struct contact *c)
{
	struct gw_photo now;
	struct target t;
	if ((c->state & CONTACT_TO_USER) == 0 || !is_ready(c->user) ||
		!target_of_local(c->user, c->local, &t) ||
		!pep_photo(c->user, &t, &now) || is_told(c, &now))
		return;
	xfree(c->photo);
	c->photo = NULL;
	if (now.sha1[0] != '\0') {
		c->photo = xalloc(sizeof(*c->photo));
		*c->photo = now;
	}
	list_for_each(it, &c->user->resources) {
		const struct resource *r = CONTAINER(it, struct resource, link);
		if (r->has_avatars)
			tell(c, r);
	}
}

void pep_tell_client(struct resource *r)
{
	size_t pos = 0;
	const struct contact *c;
	if (r->avatars_told)
		return;
	r->avatars_told = true;
	while ((c = map_next(&r->user->contacts, &pos)) != NULL)
		if ((c->state & CONTACT_TO_USER) != 0 && c->photo != NULL)
			tell(c, r);
}
