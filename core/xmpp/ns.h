/*
 * XML namespaces, under the names of their specifications, with the numbers
 * of the XEPs (xdata-validate is 0122).
 */
#ifndef XMPP_NS_H
#define XMPP_NS_H

#define NS_COMPONENT       "jabber:component:accept"
#define NS_PUBSUB          "http://jabber.org/protocol/pubsub" /* 0060 */
#define NS_PUBLISH_OPTIONS NS_PUBSUB "#publish-options"
#define NS_BLOCKING        "urn:xmpp:blocking"        /* 0191 */
#define NS_MDS             "urn:xmpp:mds:displayed:0" /* 0490 */
#define NS_CLIENT          "jabber:client"
#define NS_STREAM          "http://etherx.jabber.org/streams"
#define NS_STREAM_ERRORS   "urn:ietf:params:xml:ns:xmpp-streams"
#define NS_STANZA_ERRORS   "urn:ietf:params:xml:ns:xmpp-stanzas"
#define NS_DATA_FORM       "jabber:x:data" /* 0004 */
#define NS_FORM_VALIDATE   "http://jabber.org/protocol/xdata-validate"
#define NS_LAST            "jabber:iq:last"                        /* 0012 */
#define NS_DISCO_INFO      "http://jabber.org/protocol/disco#info" /* 0030 */
#define NS_DISCO_ITEMS     "http://jabber.org/protocol/disco#items"
#define NS_MUC             "http://jabber.org/protocol/muc" /* 0045 */
#define NS_MUC_USER        "http://jabber.org/protocol/muc#user"
#define NS_MUC_ADMIN       "http://jabber.org/protocol/muc#admin"
#define NS_MUC_OWNER       "http://jabber.org/protocol/muc#owner"
#define NS_MUC_ROOMCONFIG  "http://jabber.org/protocol/muc#roomconfig"
#define NS_MUC_ROOMINFO    "http://jabber.org/protocol/muc#roominfo"
#define NS_MUC_STABLE_ID   "http://jabber.org/protocol/muc#stable_id"
#define NS_MUC_SELF_PING \
	"http://jabber.org/protocol/muc#self-ping-optimization"    /* 0410 */
#define NS_ADDRESS           "http://jabber.org/protocol/address"  /* 0033 */
#define NS_NO_REPLY          "urn:xmpp:noreply:0"                  /* 0506 */
#define NS_COMMANDS          "http://jabber.org/protocol/commands" /* 0050 */
#define NS_VCARD_UPDATE      "vcard-temp:x:update"                 /* 0153 */
#define NS_VCARD             "vcard-temp"                          /* 0054 */
#define NS_VCARD4            "urn:ietf:params:xml:ns:vcard-4.0"    /* 0292 */
#define NS_RSM               "http://jabber.org/protocol/rsm"      /* 0059 */
#define NS_XHTML_IM          "http://jabber.org/protocol/xhtml-im" /* 0071 */
#define NS_XHTML             "http://www.w3.org/1999/xhtml"
#define NS_REGISTER          "jabber:iq:register"                /* 0077 */
#define NS_PUBSUB            "http://jabber.org/protocol/pubsub" /* 0060 */
#define NS_PUBSUB_EVENT      "http://jabber.org/protocol/pubsub#event"
#define NS_PUBSUB_ERRORS     "http://jabber.org/protocol/pubsub#errors"
#define NS_AVATAR_DATA       "urn:xmpp:avatar:data" /* 0084 */
#define NS_AVATAR_METADATA   "urn:xmpp:avatar:metadata"
#define NODE_VCARD4          "urn:xmpp:vcard4"                       /* 0292 */
#define NS_CHAT_STATES       "http://jabber.org/protocol/chatstates" /* 0085 */
#define NS_VERSION           "jabber:iq:version"                     /* 0092 */
#define NS_GATEWAY           "jabber:iq:gateway"                     /* 0100 */
#define NS_ADMIN             "http://jabber.org/protocol/admin"      /* 0133 */
#define NS_ROSTER_X          "http://jabber.org/protocol/rosterx"    /* 0144 */
#define NS_SERVERINFO        "http://jabber.org/network/serverinfo"  /* 0157 */
#define NS_NICK              "http://jabber.org/protocol/nick"       /* 0172 */
#define NS_RECEIPTS          "urn:xmpp:receipts"                     /* 0184 */
#define NS_PING              "urn:xmpp:ping"                         /* 0199 */
#define NS_TIME              "urn:xmpp:time"                         /* 0202 */
#define NS_DELAY             "urn:xmpp:delay"                        /* 0203 */
#define NS_CONFERENCE        "jabber:x:conference"                   /* 0249 */
#define NS_PRIVILEGE_1       "urn:xmpp:privilege:1"                  /* 0356 */
#define NS_PRIVILEGE_2       "urn:xmpp:privilege:2"
#define NS_CLIENT            "jabber:client"
#define NS_FORWARD           "urn:xmpp:forward:0"         /* 0297 */
#define NS_CORRECT           "urn:xmpp:message-correct:0" /* 0308 */
#define NS_MAM               "urn:xmpp:mam:2"             /* 0313 */
#define NS_MAM_EXTENDED      "urn:xmpp:mam:2#extended"
#define NS_HATS              "urn:xmpp:hats:0"                     /* 0317 */
#define NS_MARKERS           "urn:xmpp:chat-markers:0"             /* 0333 */
#define NS_HINTS             "urn:xmpp:hints"                      /* 0334 */
#define NS_SID               "urn:xmpp:sid:0"                      /* 0359 */
#define NS_HTTP_UPLOAD       "urn:xmpp:http:upload:0"              /* 0363 */
#define NS_OOB               "jabber:x:oob"                        /* 0066 */
#define NS_URL_DATA          "http://jabber.org/protocol/url-data" /* 0103 */
#define NS_HASHES            "urn:xmpp:hashes:2"                   /* 0300 */
#define NS_FASTEN            "urn:xmpp:fasten:0"                   /* 0422 */
#define NS_RETRACT           "urn:xmpp:message-retract:1"          /* 0424 */
#define NS_TOMBSTONE         NS_RETRACT "#tombstone"
#define NS_RETRACT_0         "urn:xmpp:message-retract:0"
#define NS_FALLBACK          "urn:xmpp:fallback:0"             /* 0428 */
#define NS_REACTIONS         "urn:xmpp:reactions:0"            /* 0444 */
#define NS_FILE_METADATA     "urn:xmpp:file:metadata:0"        /* 0446 */
#define NS_FILE_SHARING      "urn:xmpp:sfs:0"                  /* 0447 */
#define NS_REPLY             "urn:xmpp:reply:0"                /* 0461 */
#define NS_EME               "urn:xmpp:eme:0"                  /* 0380 */
#define NS_OCCUPANT_ID       "urn:xmpp:occupant-id:0"          /* 0421 */
#define NS_CAPS              "http://jabber.org/protocol/caps" /* 0115 */
#define FEATURE_JID_ESCAPING "jid\\20escaping"                 /* 0106 */

#endif
