/*
 * Subjects without what mail programs put before them.
 */
#ifndef EMAIL_WORKER_SUBJECT_H
#define EMAIL_WORKER_SUBJECT_H

#include <stdbool.h>

#include "base/slice.h"

/* Without "Re:", "Fwd:" and their like in all languages, and for a mailing
 * list without its "[name]"; as much of them as there is. Borrowed; never
 * empty unless `subject` is. */
struct slice subject_base(struct slice subject, bool is_list);

/* Does it begin as that of a mail that passes another one on? */
bool subject_is_forward(struct slice subject);

#endif
