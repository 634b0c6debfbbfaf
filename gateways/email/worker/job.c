#include "email_worker/job.h"

#include "email_worker/fiber.h"

static void run(void *arg)
{
	struct request *r = arg;

	fiber_blame(fiber_self(), (struct frame_blame){ 0, r->id, 0 });
	request_done(&r, LINK_BAD, 0, "this can't be done", slice_of(NULL));
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
