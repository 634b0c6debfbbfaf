#include "email_worker/job.h"

#include "email_worker/autoconfig.h"
#include "email_worker/fiber.h"
/* --- READ ---------------------------------------------------------------- */

static const struct {
	enum read_what what;
	int (*read)(struct slice document, struct str *out);
} readers[] = {
	{ READ_AUTOCONFIG, autoconfig_read },
};

static void read_document(struct request *r)
{
	struct str out;
	int result = -1;

	str_init(&out, FRAME_MAX / 2);
	for (size_t i = 0; i < COUNT(readers); i++) {
		if (readers[i].what == r->frame.numbers[0])
			result = readers[i].read(r->frame.texts[0], &out);
	}
	if (result == 0)
		request_done(&r, LINK_OK, 0, NULL, str_slice(&out));
	else
		request_done(&r, LINK_BAD, 0, "the document makes no sense",
			slice_of(NULL));
	str_finish(&out);
}

/* --- Jobs ---------------------------------------------------------------- */

static void run(void *arg)
{
	struct request *r = arg;

	fiber_blame(fiber_self(), (struct frame_blame){ 0, r->id, 0 });
	if (r->frame.type == FRAME_READ)
		read_document(r);
	else
		request_done(
			&r, LINK_BAD, 0, "this can't be done", slice_of(NULL));
}
static void end(void *arg UNUSED)
{
}

int job_start(struct worker *w, const struct frame *f)
{
	struct request *r = request_new(w, f);

	r->fiber = fiber_start(w->loop, "job", run, end, r);
	return 0;
}
