/*
 * What the servers of a mailbox are told: the password, or a token of the
 * provider where the user logged in with his browser. Without either, the user
 * is led through that.
 */
#ifndef EMAIL_LOGIN_H
#define EMAIL_LOGIN_H

#include "email/email.h"

#define LOGIN_KEPT "a/grant"

struct login;

struct login *login_new(struct email_session *s);
/* Takes NULL inside, sets NULL. */
void login_free(struct login **slot);
/* What was kept under LOGIN_KEPT. */
void login_load(struct login *l, struct slice grant);

/* `secret` NULL: there is none, and why. */
typedef void (*login_fn)(enum link_login kind, const char *secret,
	enum gw_reason reason, const char *text, void *arg);

/* The secret for the next connection; `fn` is called once, perhaps before this
 * returns, perhaps only when the user has logged in. */
void login_want(struct login *l, login_fn fn, void *arg);
/* Who wanted it with this argument does not any more. */
void login_stop(struct login *l, void *arg);
/* A server refused it: a token may just be too old. Is it worth another try
 * at once? */
bool login_refused(struct login *l);

/* The user wants to log in once more, with a new link. False: nothing waits for
 * that. */
bool login_anew(struct login *l);

/* ops->answer: what the user pasted. False: it was another question. */
bool login_answer(
	struct login *l, uint32_t question, const char *const *values);

#endif
