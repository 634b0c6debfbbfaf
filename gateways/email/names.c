#include "email/names.h"

#include <string.h>
#include <strings.h>

#include "api/services.h"
#include "base/slice.h"
#include "base/str.h"
#include "email_wire/address.h"
#include "email_wire/mail.h"

static const char reason_address[] =
	"This is not a mail address. Write it like alice@example.org.";

static void lower(char *text)
{
	for (; *text != '\0'; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text + ('a' - 'A'));
}

bool email_person_name(const char *address, char *out, size_t size)
{
	if (address_normalize(slice_of(address), out, size) != 0)
		return false;
	lower(out);
	return true;
}

const char *email_nick(const struct mail_address *who)
{
	bool is_good = who->name != NULL && who->name[0] != '\0' &&
		       strchr(who->name, '@') == NULL;

	return is_good ? who->name : NULL;
}

static const char reason_chained[] =
	"This is an address of the gateways here: mails would go around in a "
	"circle. Write the person's own address.";

/* One gateway behind another, or the address of a contact, escaped twice. */
static bool is_chained(const struct gw *gw, const char *address)
{
	return gw_is_own_domain(gw, address_domain(address));
}

static bool has_prefix(const char *text, const char *prefix)
{
	return strncasecmp(text, prefix, strlen(prefix)) == 0 &&
	       text[strlen(prefix)] != '\0';
}

static bool is_room(const char *local)
{
	return strchr(local, '@') == NULL && strchr(local, '%') == NULL &&
	       (has_prefix(local, NAME_GROUP) || has_prefix(local, NAME_LIST));
}

int email_parse_address(const struct gw *gw, const char *local,
	struct gw_address *out, const char **reason_r)
{
	*reason_r = reason_address;
	out->account[0] = '\0';
	if (is_room(local) || strcasecmp(local, NAME_NEWSLETTERS) == 0) {
		out->kind = is_room(local) ? GW_ROOM : GW_PERSON;
		if (!text_copy(out->name, sizeof(out->name), local))
			return -1;
		lower(out->name);
		return 0;
	}
	out->kind = GW_PERSON;
	char text[GW_NAME_SIZE];
	if (!text_copy(text, sizeof(text), local))
		return -1;
	char *percent = strrchr(text, '%');
	if (percent != NULL && strchr(text, '@') == NULL)
		*percent = '@';
	if (!email_person_name(text, out->name, sizeof(out->name)))
		return -1;
	*reason_r = reason_chained;
	return is_chained(gw, out->name) ? -1 : 0;
}

int email_format_address(
	const struct gw *gw, const struct gw_address *a, char *out, size_t size)
{
	(void)gw;
	if (a->kind == GW_NETWORK || !text_copy(out, size, a->name))
		return -1;
	lower(out);
	return 0;
}

/* What stands between angle brackets, or behind "mailto:". */
static struct slice address_in(const char *text)
{
	const char *open = strrchr(text, '<'), *close = strrchr(text, '>');

	if (open != NULL && close != NULL && open < close)
		return slice_make(open + 1, (size_t)(close - open - 1));
	if (strncasecmp(text, "mailto:", 7) == 0)
		return slice_make(text + 7, strcspn(text + 7, "?"));
	return slice_trim(slice_of(text));
}

int email_read_input(const struct gw *gw, const char *text,
	struct gw_address *out, const char **reason_r)
{
	char address[GW_NAME_SIZE];
	struct slice s = address_in(text);

	*reason_r = reason_address;
	if (!text_format(address, sizeof(address), "%.*s", (int)s.len, s.data))
		return -1;
	return email_parse_address(gw, address, out, reason_r);
}

int email_canonical_account(const struct gw *gw, const char *text, char *out,
	size_t size, const char **reason_r)
{
	*reason_r = reason_address;
	if (!email_person_name(text, out, size))
		return -1;
	*reason_r = reason_chained;
	return is_chained(gw, out) ? -1 : 0;
}
