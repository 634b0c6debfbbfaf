/*
 * Texts and reports that come. As a rule the modem keeps them and tells where
 * ("+CMTI"): then all of that memory is read, which finds what it did not tell
 * of as well, and each is deleted when the gateway has it on disk. What the
 * modem passes on at once ("+CMT") is acknowledged to the network then.
 *
 *	told --settle(ok)--> to be deleted or acknowledged --> forgotten
 *	  `---settle(not ok)--> forgotten, and read again later; or refused
 */
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/map.h"
#include "sms_modem/cause.h"
#include "sms_modem/device.h"
#include "sms_modem/tpdu.h"

/* A full SIM of a slow modem. */
#define READ_MS 60000

/* Texts that the gateway has and has not settled: more stay in the modem. */
#define LETTERS_MAX 256

/* A text that was read or not; the others were written on the phone. */
#define STATUS_READ 1

enum letter_state {
	LETTER_TOLD,
	LETTER_DONE,    /* to be deleted, or acknowledged */
	LETTER_REFUSED, /* passed on at once, and not taken */
	LETTER_STUCK,   /* the modem did not delete it */
};

struct letter {
	struct list link;
	uint64_t ticket;
	uint64_t hash; /* of its PDU: another text can have its place */
	enum letter_state state;
	int index; /* -1: passed on at once */
	char memory[MEMORY_SIZE];
};

static void forget(struct modem *m, struct letter *l)
{
	if (m->settling == l)
		m->settling = NULL;
	list_remove(&l->link);
	m->letter_count--;
	xfree(l);
}

void modem_receive_reset(struct modem *m)
{
	list_for_each_safe(it, &m->letters) {
		forget(m, CONTAINER(it, struct letter, link));
	}
	for (size_t i = 0; i < MEMORIES; i++)
		m->memories[i].is_due = false;
	m->reading = NULL;
	m->chosen[0] = '\0';
}

/* --- Memories ------------------------------------------------------------ */

static bool is_memory(struct slice name)
{
	if (name.len == 0 || name.len >= MEMORY_SIZE)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] < 'A' || name.data[i] > 'Z')
			return false;
	return true;
}

static void set_name(char out[MEMORY_SIZE], struct slice name)
{
	memcpy(out, name.data, name.len);
	out[name.len] = '\0';
}

void modem_set_memory(struct modem *m, struct slice name)
{
	if (is_memory(name))
		set_name(m->memories[0].name, name);
}

void modem_read_memories(struct modem *m)
{
	for (size_t i = 0; i < MEMORIES; i++)
		m->memories[i].is_due = m->memories[i].name[0] != '\0';
	modem_kick(m);
}

/* One that the modem told of; a fifth is not looked for. */
static void note_memory(struct modem *m, struct slice name)
{
	if (!is_memory(name))
		return;
	for (size_t i = 0; i < MEMORIES; i++) {
		struct memory *memory = &m->memories[i];

		if (memory->name[0] == '\0')
			set_name(memory->name, name);
		if (slice_equals(name, memory->name)) {
			memory->is_due = true;
			return;
		}
	}
}

/* --- Telling the gateway ------------------------------------------------- */

static struct letter *add_letter(struct modem *m, int index, uint64_t hash)
{
	struct letter *l = xalloc(sizeof(*l));

	l->ticket = ++m->all->last_ticket;
	l->hash = hash;
	l->index = index;
	(void)text_copy(l->memory, sizeof(l->memory), m->chosen);
	list_append(&m->letters, &l->link);
	m->letter_count++;
	return l;
}

/* `has_ticket`: it is settled, and until then among the letters. */
static void tell_pdu(struct modem *m, bool has_ticket, int index,
	struct slice pdu, int octets)
{
	struct tpdu t;
	bool is_garbage = tpdu_read(&t, pdu, octets) != 0;
	uint64_t ticket = 0;

	if (!is_garbage && t.kind == TPDU_OWN)
		return;
	if (has_ticket)
		ticket = add_letter(m, index, map_hash(pdu))->ticket;
	modem_tell(m, is_garbage ? NULL : &t,
		&(struct modem_place){
			.ticket = ticket, .index = index, .pdu = pdu });
}

/* --- Passed on at once --------------------------------------------------- */

static void hear_direct(struct modem *m, const struct at_line *line)
{
	struct slice args = line->args;
	struct slice value;
	int octets = -1;

	/* +CMT: ,24 but +CDS: 24 */
	while (at_value(&args, &value))
		octets = at_number(&value);
	/* What is not acknowledged comes again. */
	if (line->pdu.len > 0 && (!m->acks || m->letter_count < LETTERS_MAX))
		tell_pdu(m, m->acks, -1, line->pdu, octets);
}

void modem_hear(struct modem *m, enum at_news news, const struct at_line *line)
{
	struct slice args = line->args;
	struct slice memory;

	if (news == AT_NEWS_TEXT || news == AT_NEWS_REPORT)
		hear_direct(m, line);
	else if (at_value(&args, &memory))
		note_memory(m, memory);
}

/* --- Reading ------------------------------------------------------------- */

static bool is_known(const struct modem *m, int index, uint64_t hash)
{
	list_for_each(it, &m->letters) {
		const struct letter *l = CONTAINER(it, struct letter, link);

		if (l->index == index && l->hash == hash &&
			strcmp(l->memory, m->chosen) == 0)
			return true;
	}
	return false;
}

/* +CMGL: 3,0,,24 and a PDU */
static void hear_stored(void *arg, const struct at_line *line)
{
	struct modem *m = arg;
	struct slice args = line->args;
	struct slice name;
	int index = at_number(&args);
	int status = at_number(&args);
	int octets;

	(void)at_value(&args, &name);
	octets = at_number(&args);
	if (index < 0 || status < 0 || status > STATUS_READ ||
		line->pdu.len == 0 || is_known(m, index, map_hash(line->pdu)))
		return;
	if (m->letter_count >= LETTERS_MAX || m->all->is_stalled) {
		m->reading->is_due = true;
		return;
	}
	tell_pdu(m, true, index, line->pdu, octets);
}

static void on_done(void *arg, const struct modem_talk_result *r)
{
	struct modem *m = arg;

	m->reading = NULL;
	if (r->end == TALK_SILENCE)
		modem_fail(m, 0, "it does not answer");
	else if (r->end == TALK_ERROR)
		log_warning("sms", "[%s] texts cannot be read memory=%s why=%s",
			m->name, m->chosen,
			cause_of_error(r->error, r->code).words);
	modem_kick(m);
}

static void on_chosen(void *arg, const struct modem_talk_result *r)
{
	struct modem *m = arg;

	if (r->end == TALK_SILENCE)
		modem_fail(m, 0, "it does not answer");
	else if (r->end == TALK_ERROR)
		/* It has no other, then. */
		log_debug("sms", "[%s] no memory %s", m->name, m->chosen);
	modem_kick(m);
}

/* Make sure that reading is from this memory; false: that is said first. */
static bool choose(struct modem *m, const char *name)
{
	char text[32];
	struct modem_talk_command command = {
		.text = text,
		.timeout_ms = COMMAND_MS,
		.done = on_chosen,
	};

	if (strcmp(m->chosen, name) == 0)
		return true;
	(void)text_copy(m->chosen, sizeof(m->chosen), name);
	(void)text_format(text, sizeof(text), "AT+CPMS=\"%s\"", name);
	modem_talk_say(&m->talk, &command);
	return false;
}

static bool read_due(struct modem *m)
{
	static const struct modem_talk_command command = {
		.text = "AT+CMGL=4",
		.answer = "+CMGL",
		.timeout_ms = READ_MS,
		.line = hear_stored,
		.done = on_done,
	};
	struct memory *memory = NULL;

	if (m->all->is_stalled || m->letter_count >= LETTERS_MAX)
		return false;
	for (size_t i = 0; i < MEMORIES && memory == NULL; i++)
		if (m->memories[i].is_due)
			memory = &m->memories[i];
	if (memory == NULL)
		return false;
	if (choose(m, memory->name)) {
		memory->is_due = false;
		m->reading = memory;
		modem_talk_say(&m->talk, &command);
	}
	return true;
}

/* --- Settling ------------------------------------------------------------ */

static struct letter *find(const struct modem *m, uint64_t ticket)
{
	list_for_each(it, &m->letters) {
		struct letter *l = CONTAINER(it, struct letter, link);

		if (l->ticket == ticket)
			return l;
	}
	return NULL;
}

/* The next poll reads it again: sooner would not help. */
static void put_back(struct modem *m, struct letter *l)
{
	forget(m, l);
	for (size_t i = 0; i < MEMORIES; i++)
		m->memories[i].is_due = false;
}

bool modem_settle(struct modem *m, uint64_t ticket, bool ok)
{
	struct letter *l = find(m, ticket);

	if (l == NULL)
		return false;
	if (ok)
		l->state = LETTER_DONE;
	else if (l->index < 0)
		l->state = LETTER_REFUSED;
	else
		put_back(m, l);
	modem_kick(m);
	return true;
}

/* What is done about a letter is over, for good or not. */
static void on_settled(void *arg, const struct modem_talk_result *r)
{
	struct modem *m = arg;
	struct letter *l = m->settling;

	m->settling = NULL;
	if (l == NULL)
		return;
	if (r->end == TALK_ERROR && l->index >= 0) {
		l->state = LETTER_STUCK;
		log_warning("sms",
			"[%s] a text cannot be deleted memory=%s "
			"index=%d why=%s",
			m->name, l->memory, l->index,
			cause_of_error(r->error, r->code).words);
	} else if (r->end != TALK_GONE) {
		m->used -= l->index >= 0 && m->used > 0;
		forget(m, l);
	}
	if (r->end == TALK_SILENCE)
		modem_fail(m, 0, "it does not answer");
	modem_kick(m);
}

static bool settle_next(struct modem *m, struct letter *l)
{
	char text[32];
	struct modem_talk_command command = {
		.text = text,
		.timeout_ms = COMMAND_MS,
		.done = on_settled,
	};

	if (l->index >= 0 && !choose(m, l->memory))
		return true;
	/* 27.005 section 3.4.5: a refusal is an RP-ERROR. */
	if (l->index >= 0)
		(void)text_format(text, sizeof(text), "AT+CMGD=%d", l->index);
	else
		(void)text_copy(text, sizeof(text),
			l->state == LETTER_DONE ? "AT+CNMA" : "AT+CNMA=2");
	m->settling = l;
	modem_talk_say(&m->talk, &command);
	return true;
}

bool modem_receive(struct modem *m)
{
	list_for_each(it, &m->letters) {
		struct letter *l = CONTAINER(it, struct letter, link);

		if (l->state == LETTER_DONE || l->state == LETTER_REFUSED)
			return settle_next(m, l);
	}
	return read_due(m);
}
