/*
 * Where the SMSC can connect to us, when it has texts and nobody is bound
 * (SMPP 3.4 section 2.2.1): it says outbind and who it is, and the connection
 * is handed on, to bind over it.
 */
#ifndef SMS_SMPP_OUTBIND_H
#define SMS_SMPP_OUTBIND_H

#include "base/macros.h"
#include "net/conn.h"
#include "sms_smpp/config.h"

struct smpp_outbind;

/* `conn` is the receiver's from now on, and has no owner yet. */
typedef void (*smpp_outbind_fn)(struct conn *conn, void *arg);

/* NULL with a reason when it cannot listen there. `config` must live as
 * long; `name` is for the log. */
struct smpp_outbind *smpp_outbind_new(struct loop *loop, const char *name,
	const struct smpp_outbind_config *config, smpp_outbind_fn fn, void *arg,
	const char **reason_r) MUST_CHECK;
/* Takes NULL inside, sets NULL. */
void smpp_outbind_free(struct smpp_outbind **slot);

#endif
