/*
 * Reading Thunderbird's autoconfig documents ("config-v1.1.xml"). A document
 * type definition is refused, and nothing a document names is fetched.
 */
#ifndef EMAIL_WORKER_AUTOCONFIG_H
#define EMAIL_WORKER_AUTOCONFIG_H

#include "base/macros.h"
#include "base/slice.h"
#include "base/str.h"

/* A longer document is none; they have some 2 KiB. */
#define AUTOCONFIG_MAX ((size_t)256 * 1024)

/* Append settings_encode() of what the document says of IMAP and SMTP servers
 * with TLS, perhaps of none. -1 when it is no such document. */
int autoconfig_read(struct slice document, struct str *out) MUST_CHECK;

#endif
