#include "sms/enclosed.h"

#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"
#include "net/http_client.h"
#include "net/loop.h"
#include "sms_data/media.h"

/* One file: more than any provider's MMS holds; of all users at a time. */
#define FILE_MAX  ((size_t)16 * MIB)
#define FILES_MAX 4u

#define FETCH_MS 180000

/* Until it is tried again; after the last it is told. */
static const int64_t pauses_ms[] = { 5000, 30000, 120000, 600000, 1800000 };

struct file_job {
	struct list link; /* enclosures->waiting or ->running */
	struct enclosures *all;
	struct inbound *text;
	struct owner *owner;
	bool is_running, is_paused;
	unsigned tries; /* that failed */
	struct timer pause;
	struct http_call *call;
	uint32_t upload; /* 0: none */
	char *data;      /* fetched; `given` of it is uploaded */
	size_t len, given;
	char type[MEDIA_TYPE_SIZE], name[MEDIA_NAME_SIZE];
};

struct enclosures {
	struct sms *sms;
	struct list waiting; /* or paused */
	struct list running; /* fetched, or uploaded: few */
	unsigned running_count;
	struct deferred turn;
};

/* --- Ends ---------------------------------------------------------------- */

/* It holds no connection and no data. */
static void rest(struct file_job *j)
{
	http_client_cancel(&j->call);
	if (j->upload != 0 && j->owner->session != NULL)
		gw_upload_cancel(j->owner->session, j->upload);
	j->upload = 0;
	xfree(j->data);
	j->data = NULL;
	j->len = j->given = 0;
	if (j->is_running)
		j->all->running_count--;
	j->is_running = false;
	list_remove(&j->link);
	list_append(&j->all->waiting, &j->link);
	deferred_start(&j->all->turn);
}

static void job_free(struct file_job *j)
{
	rest(j);
	timer_stop(&j->pause);
	list_remove(&j->link);
	xfree(j);
}

static void give_up(struct file_job *j, const char *why)
{
	struct inbound *text = j->text;
	struct owner *owner = j->owner;
	struct str raw = { .max = 16 * KIB }, words = { .max = 16 * KIB };
	str_addf(&raw, "\xf0\x9f\x93\x8e %s (%s): %s It is at %s", j->name,
		j->type, why, text->file.url);
	utf8_clean(&words, str_slice(&raw));
	log_warning("sms", "a file was not brought id=%s type=%s why=\"%s\"",
		text->id, j->type, why);
	job_free(j);
	inbound_give_file(text, owner, NULL, str_text(&words));
	str_finish(&words);
	str_finish(&raw);
}

static void try_later(struct file_job *j, const char *why)
{
	rest(j);
	if (j->tries == COUNT(pauses_ms)) {
		give_up(j, why);
		return;
	}
	log_info("sms", "a file is fetched again later id=%s why=\"%s\"",
		j->text->id, why);
	j->is_paused = true;
	timer_start(&j->pause, pauses_ms[j->tries++]);
}

static void on_pause(void *arg)
{
	struct file_job *j = arg;
	j->is_paused = false;
	deferred_start(&j->all->turn);
}

/* --- Uploading ----------------------------------------------------------- */

static void upload(struct file_job *j)
{
	j->upload =
		gw_upload(j->owner->session, j->name, j->type, (int64_t)j->len);
	if (j->upload == 0)
		try_later(j, "it could not be uploaded for you.");
}

static struct file_job *find(
	const struct enclosures *f, const struct owner *owner, uint32_t upload)
{
	list_for_each(it, &f->running) {
		struct file_job *j = CONTAINER(it, struct file_job, link);
		if (j->owner == owner && j->upload == upload)
			return j;
	}
	return NULL;
}

void enclosed_more(struct owner *owner, uint32_t upload, size_t room)
{
	struct file_job *j = find(owner->sms->enclosures, owner, upload);
	if (j == NULL)
		return;
	size_t len = j->len - j->given < room ? j->len - j->given : room;
	if (len == 0)
		return;
	j->given += len;
	gw_upload_data(owner->session, upload, j->data + j->given - len, len);
}

static void told(struct file_job *j, const char *url)
{
	struct inbound *text = j->text;
	struct owner *owner = j->owner;
	char type[MEDIA_TYPE_SIZE], name[MEDIA_NAME_SIZE];
	const struct gw_file file = {
		.url = url, .name = name, .type = type, .size = (int64_t)j->len
	};
	memcpy(type, j->type, sizeof(type));
	memcpy(name, j->name, sizeof(name));
	job_free(j);
	inbound_give_file(text, owner, &file, NULL);
}

void enclosed_uploaded(struct owner *owner, uint32_t upload, const char *url,
	enum gw_reason reason, const char *text)
{
	struct file_job *j = find(owner->sms->enclosures, owner, upload);
	char why[600];
	if (j == NULL)
		return;
	j->upload = 0;
	if (url != NULL) {
		told(j, url);
		return;
	}
	(void)text_format(why, sizeof(why), "it could not be uploaded: %s",
		text != NULL ? text : "no reason was given.");
	if (reason == GW_UNREACHABLE || reason == GW_BUSY)
		try_later(j, why);
	else
		give_up(j, why);
}

/* --- Fetching ------------------------------------------------------------ */

/* May it be there another time? */
static bool is_worth_another(const struct http_answer *answer)
{
	switch (answer->error) {
	case HTTP_OK:
		return answer->status >= 500 || answer->status == 404 ||
		       answer->status == 408 || answer->status == 429;
	case HTTP_NO_SUCH_HOST:
	case HTTP_UNREACHABLE:
	case HTTP_TLS:
	case HTTP_TIMEOUT:
	case HTTP_LOST:
	case HTTP_FULL:
		return true;
	case HTTP_BAD_URL:
	case HTTP_FORBIDDEN:
	case HTTP_TOO_MUCH:
	case HTTP_REDIRECT:
		break;
	}
	return false;
}

static void not_fetched(struct file_job *j, const struct http_answer *answer)
{
	char why[300];
	if (answer->error == HTTP_OK)
		(void)text_format(why, sizeof(why),
			"it could not be fetched: the provider's server says "
			"%d.",
			answer->status);
	else
		(void)text_format(why, sizeof(why),
			"it could not be fetched: %s.", answer->reason);
	if (is_worth_another(answer))
		try_later(j, why);
	else
		give_up(j, why);
}

static void on_answer(const struct http_answer *answer, void *arg)
{
	struct file_job *j = arg;
	j->call = NULL;
	if (answer->error != HTTP_OK || answer->status / 100 != 2) {
		not_fetched(j, answer);
		return;
	}
	media_type(
		j->text->file.type != NULL ? j->text->file.type : answer->type,
		answer->body, j->type);
	media_name(j->text->file.url, j->type, j->name);
	j->len = answer->body.len;
	j->data = xalloc(j->len + 1);
	if (j->len > 0)
		memcpy(j->data, answer->body.data, j->len);
	upload(j);
}

static void fetch(struct file_job *j, size_t max)
{
	const struct inbound_file *file = &j->text->file;
	const char *const headers[] = { file->header, NULL };
	const struct http_order order = {
		.url = file->url,
		.headers = headers,
		.allow_clear = true,
		.follow = true,
		.max = max,
		.timeout_ms = FETCH_MS,
		.done = on_answer,
		.arg = j,
	};
	j->call = http_client_start(j->all->sms->gw->env->http, &order);
}

static void begin(struct file_job *j)
{
	int64_t limit = gw_upload_limit(j->owner->session);
	size_t max = FILE_MAX;
	if (limit == 0) {
		give_up(j, "your server has no place for files.");
		return;
	}
	if (limit > 0 && (uint64_t)limit < max)
		max = (size_t)limit;
	j->is_running = true;
	j->all->running_count++;
	list_remove(&j->link);
	list_append(&j->all->running, &j->link);
	fetch(j, max);
}

/* One of a user's after the other, so that they come in order. */
static bool is_busy(const struct enclosures *f, const struct owner *owner)
{
	list_for_each(it, &f->running)
		if (CONTAINER(it, struct file_job, link)->owner == owner)
			return true;
	return false;
}

static struct file_job *next_job(const struct enclosures *f)
{
	list_for_each(it, &f->waiting) {
		struct file_job *j = CONTAINER(it, struct file_job, link);
		if (!j->is_paused && !is_busy(f, j->owner))
			return j;
	}
	return NULL;
}

static void on_turn(void *arg)
{
	struct enclosures *f = arg;
	struct file_job *j;
	while (f->running_count < FILES_MAX && (j = next_job(f)) != NULL)
		begin(j);
}

/* --- Jobs ---------------------------------------------------------------- */

void enclosed_start(struct inbound *text, struct owner *owner)
{
	struct enclosures *f = text->sms->enclosures;
	struct file_job *j = xalloc(sizeof(*j));
	j->all = f;
	j->text = text;
	j->owner = owner;
	media_type(text->file.type, slice_make("", 0), j->type);
	media_name(text->file.url, j->type, j->name);
	timer_init(
		&j->pause, text->sms->gw->env->loop, "sms file", on_pause, j);
	list_append(&f->waiting, &j->link);
	deferred_start(&f->turn);
}

static void stop_some(struct list *jobs, const struct inbound *text,
	const struct owner *owner)
{
	list_for_each_safe(it, jobs) {
		struct file_job *j = CONTAINER(it, struct file_job, link);
		if ((text == NULL || j->text == text) &&
			(owner == NULL || j->owner == owner))
			job_free(j);
	}
}

void enclosed_stop(
	struct sms *s, const struct inbound *text, const struct owner *owner)
{
	if (s->enclosures == NULL)
		return;
	stop_some(&s->enclosures->running, text, owner);
	stop_some(&s->enclosures->waiting, text, owner);
}

/* --- Life ---------------------------------------------------------------- */

struct enclosures *enclosed_new(struct sms *s)
{
	struct enclosures *f = xalloc(sizeof(*f));
	f->sms = s;
	list_init(&f->waiting);
	list_init(&f->running);
	deferred_init(&f->turn, s->gw->env->loop, "sms enclosed", on_turn, f);
	return f;
}

void enclosed_free(struct enclosures **slot)
{
	struct enclosures *f = *slot;
	if (f == NULL)
		return;
	stop_some(&f->running, NULL, NULL);
	stop_some(&f->waiting, NULL, NULL);
	deferred_stop(&f->turn);
	*slot = NULL;
	xfree(f);
}
