#include "sms/session.h"

#include "sms/brought.h"
#include "sms/group_begin.h"
#include "sms/group_room.h"
#include "sms/inbound.h"
#include "sms/preview.h"
#include "sms/queue.h"
#include "sms/recent.h"
#include "sms/uploads.h"
#include "sms/wording.h"

void session_clear(struct owner *o)
{
	o->is_online = false;
	o->is_held = true;
	wording_close(o);
	recent_close(o);
	uploads_close(o);
	preview_close(o);
	queue_close(o);
	inbound_close(o);
	group_begin_close(o);
	group_rooms_close(o);
	brought_close(o);
	o->is_held = false;
}

void session_refuse(struct owner *o, const char *words)
{
	o->is_online = false;
	queue_refuse(o, words);
	preview_refuse(o);
	session_clear(o);
	gw_closed(o->session, GW_NOT_ALLOWED, words, GW_RETRY_NEVER);
}
