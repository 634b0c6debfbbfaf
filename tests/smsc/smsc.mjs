// A short message centre for tests and the demo: SMPP 3.4 on npm's `smpp`.
//
//	node smsc.mjs FOLDER '{"host": "127.0.0.1", "port": 2775, ...}'
//
// FOLDER has node_modules. Options: host, port (plain), tls_port with
// certificate and key, control (port of the control HTTP server), system_id,
// password. It says "ready" on standard output when it listens.
//
// Texts are accepted and delivered, with a receipt where one is asked for,
// but the last four digits of the receiver can want something else: see
// `suffixes`. Everything else is a mode: see `modes`, and GET /mode?NAME=VALUE.
// What it delivers waits for somebody who is bound, and is delivered again
// until that is answered with status 0.
//
// Control, all by GET, answers in JSON:
//	/mo?from&to&text=... or hex=...   a text from a phone; also udh, esm, dc,
//		ton, npi, payload=1, data_sm=1, sar=ref,total,number, wait=0
//	/receipt?text=...   any receipt; also from, to, esm, dc, hex, wait=0
//	/log?since=N        what happened
//	/sessions           who is bound; the last id that was given
//	/mode?NAME=VALUE    set; without arguments: show
//	/enquire /unbind    ask all sessions; their answers' statuses
//	/drop               break all connections
//	/outbind?host&port&password
//	/reset              all modes as at first, nothing to deliver, nobody there
//	/raw?hex=...        send octets as they are to all sessions

import { createRequire } from "node:module";
import fs from "node:fs";
import http from "node:http";

const [folder, argument] = process.argv.slice(2);
const smpp = createRequire(`${folder}/`)("smpp");

const options = { host: "127.0.0.1", port: 2775, system_id: "esme1",
	password: "secret", ...JSON.parse(argument ?? "{}") };

const modes = {
	ids: "decimal", // hex, hexreceipt, uuid, upper, zeros, empty
	receipts: "later", // early, double, late, none
	form: "both", // text, tlv: what a receipt has
	receipt_coding: 0, // 8: in UCS-2
	receipt_by: "deliver_sm", // data_sm, payload
	receipt_ms: 300,
	late_ms: 3000,
	answer_ms: 0,
	status: 0, // of every submit_sm_resp
	only_coding: -1, // submits with another data_coding are refused: 0x104
	no_tlvs: 0, // 1: those with message_payload or sar_* are: 0xC1
	silent: 0, // 1: submits are not answered
	silent_from: 0, // ... from the n-th on
	deaf: 0, // 1: answers to deliveries are lost
	bind_status: 0,
	bind_silent: 0,
	congestion: -1, // congestion_state in responses
	drop_after: 0, // break the connection at the n-th submit, unanswered
	retry_ms: 500,
};
const usual = { ...modes };

// By the last four digits of the receiver.
const suffixes = {
	"0001": { throttled: 2 },
	"0002": { stat: "UNDELIV" },
	"0003": { status: smpp.ESME_RINVDSTADR },
	"0004": { status: smpp.ESME_RMSGQFUL },
	"0005": { silent: 1 },
	"0006": { stat: "EXPIRED" },
	"0007": { stat: "REJECTD" },
	"0008": { receipts: "early" },
	"0009": { receipts: "double" },
	"0010": { receipts: "late" },
	"0011": { receipts: "none" },
	"0012": { ids: "hex" },
	"0013": { ids: "hexreceipt" },
	"0014": { drop: true },
	"0015": { status: smpp.ESME_RSUBMITFAIL },
	"0016": { fails: 1 },
	"0017": { ids: "empty" },
	"0018": { status: 0x401 },
	"0019": { nack: true },
	"0020": { before: "ACCEPTD" },
	"0021": { before: "ENROUTE" },
	"0022": { stat: "DELETED" },
	"0023": { stat: "UNKNOWN" },
	"0100": { echo: true },
};

const STATES = { ENROUTE: 1, DELIVRD: 2, EXPIRED: 3, DELETED: 4, UNDELIV: 5,
	ACCEPTD: 6, UNKNOWN: 7, REJECTD: 8 };

// --- What happened, and what is to happen ------------------------------------

// Unless everything is forgotten meanwhile.
const timers = new Set();

function later(call, ms) {
	const timer = setTimeout(() => {
		timers.delete(timer);
		call();
	}, ms);
	timers.add(timer);
}

const LOG_MAX = 200000;
const log = [];
let logged = 0;

function note(session, what, fields = {}) {
	log.push({ n: logged++, at: Date.now(), session: session?.number ?? 0,
		what, ...fields });
	if (log.length > LOG_MAX)
		log.splice(0, LOG_MAX / 10);
}

// The package decodes texts; the octets themselves are wanted, too.
const decode = smpp.PDU.prototype.fromBuffer;
smpp.PDU.prototype.fromBuffer = function fromBuffer(buffer) {
	Object.defineProperty(this, "raw", { value: buffer });
	return decode.call(this, buffer);
};

// short_message, as it is in the octets of a submit_sm.
function octetsOf(raw) {
	let at = 16;
	const text = () => {
		at = raw.indexOf(0, at) + 1;
	};
	text();
	at += 2;
	text();
	at += 2;
	text();
	at += 3;
	text();
	text();
	at += 4;
	return raw.subarray(at + 1, at + 1 + raw[at]);
}

function plain(pdu) {
	const octets = pdu.message_payload ? Buffer.alloc(0) : octetsOf(pdu.raw);
	const message = pdu.short_message?.message;
	const fields = { octets: octets.toString("hex"),
		raw: pdu.raw.toString("hex"),
		text: typeof message === "string" ? message : "" };
	for (const name of ["source_addr_ton", "source_addr_npi", "source_addr",
		"dest_addr_ton", "dest_addr_npi", "destination_addr", "esm_class",
		"data_coding", "registered_delivery", "service_type",
		"protocol_id", "sequence_number", "sar_msg_ref_num",
		"sar_total_segments", "sar_segment_seqnum"])
		fields[name] = pdu[name];
	return fields;
}

// --- Deliveries --------------------------------------------------------------

const WINDOW = 10;
const sessions = new Set();
let queue = []; // of { fields, command, prefer, done }

function receivers() {
	return [...sessions].filter((s) => s.receives);
}

function choose(item) {
	const free = receivers().filter((s) => s.waiting.size < WINDOW);
	return free.find((s) => s === item.prefer) ?? free[0];
}

function settled(item, session, response) {
	note(session, "deliver_resp", { status: response.command_status,
		kind: item.kind, sequence_number: response.sequence_number });
	if (modes.deaf)
		return;
	session.waiting.delete(item);
	if (response.command_status === 0)
		item.done(0);
	else
		later(() => deliver(item), modes.retry_ms);
	pump();
}

function pump() {
	queue = queue.filter((item) => {
		const session = choose(item);
		if (!session)
			return true;
		session.waiting.add(item);
		session[item.command]({ ...item.fields }, (response) =>
			settled(item, session, response));
		return false;
	});
}

function deliver(item) {
	queue.push(item);
	pump();
}

// Promises the status that it was answered with at last.
function delivered(kind, command, fields, prefer) {
	return new Promise((done) => {
		deliver({ kind, command, fields, prefer, done });
	});
}

// --- Alphabets ---------------------------------------------------------------

const GSM = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;" +
	"<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const ESCAPED = { "\f": 10, "^": 20, "{": 40, "}": 41, "\\": 47, "[": 60,
	"~": 61, "]": 62, "|": 64, "€": 101 };

// Arrays of octets that belong together; undefined: not in the alphabet.
function gsm(text) {
	const units = [...text].map((c) => {
		if (c in ESCAPED)
			return [27, ESCAPED[c]];
		return GSM.includes(c) ? [GSM.indexOf(c)] : undefined;
	});
	return units.includes(undefined) ? undefined : units;
}

function ucs2(text) {
	return [...text].map((c) => [...Buffer.from(c, "utf16le").swap16()]);
}

// The segments of a text from a phone, with 8-bit references.
let reference = 0;

function segments(text) {
	const septets = gsm(text);
	const units = septets ?? ucs2(text);
	const [whole, part] = septets ? [160, 153] : [140, 134];
	if (units.flat().length <= whole)
		return [{ octets: Buffer.from(units.flat()), esm: 0,
			dc: septets ? 0 : 8 }];
	const parts = [[]];
	for (const unit of units) {
		if (parts.at(-1).length + unit.length > part)
			parts.push([]);
		parts.at(-1).push(...unit);
	}
	reference = (reference + 1) % 256;
	return parts.map((octets, i) => ({
		octets: Buffer.from([5, 0, 3, reference, parts.length, i + 1,
			...octets]),
		esm: 0x40, dc: septets ? 0 : 8 }));
}

// --- Receipts ----------------------------------------------------------------

function stamp(date) {
	return date.toISOString().replace(/\D/g, "").slice(2, 12);
}

function receiptText(message, stat) {
	const ok = stat === "DELIVRD";
	const quoted = message.text.slice(0, 20);
	return `id:${message.receiptId} sub:001 dlvrd:${ok ? "001" : "000"} ` +
		`submit date:${stamp(message.submitted)} ` +
		`done date:${stamp(new Date())} stat:${stat} ` +
		`err:${ok ? "000" : "001"} text:${quoted}`;
}

function encodeText(text, coding) {
	return coding === 8 ? Buffer.from(ucs2(text).flat())
		: Buffer.from(text, "latin1");
}

function receiptFields(message, stat) {
	const { pdu } = message;
	const fields = { source_addr_ton: pdu.dest_addr_ton,
		source_addr_npi: pdu.dest_addr_npi,
		source_addr: pdu.destination_addr,
		dest_addr_ton: pdu.source_addr_ton,
		dest_addr_npi: pdu.source_addr_npi,
		destination_addr: pdu.source_addr,
		esm_class: stat === "ENROUTE" ? 0x20 : 0x04,
		data_coding: modes.receipt_coding, short_message: Buffer.alloc(0) };
	const text = encodeText(receiptText(message, stat), modes.receipt_coding);
	if (modes.form !== "tlv" && modes.receipt_by === "deliver_sm")
		fields.short_message = text;
	else if (modes.form !== "tlv")
		fields.message_payload = text;
	if (modes.form !== "text") {
		const failed = !["DELIVRD", "ENROUTE", "ACCEPTD"].includes(stat);
		Object.assign(fields, { receipted_message_id: message.receiptId,
			message_state: STATES[stat],
			network_error_code: Buffer.from([3, 0, failed ? 1 : 0]) });
	}
	return fields;
}

function sendReceipt(message, stat) {
	const command = modes.receipt_by === "data_sm" ? "data_sm"
		: "deliver_sm";
	return delivered("receipt", command, receiptFields(message, stat),
		message.session);
}

// --- Submits -----------------------------------------------------------------

let lastId = 65535;
const tries = new Map(); // of a receiver and text, so far

// What the response says, and what the receipt.
const idForms = {
	decimal: (n) => [`${n}`, `${n}`],
	hex: (n) => [n.toString(16).toUpperCase(), `${n}`.padStart(10, "0")],
	hexreceipt: (n) => [`${n}`, n.toString(16)],
	uuid: (n) => Array(2).fill(
		`00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`),
	upper: (n) => [`m${n.toString(16)}`, `M${n.toString(16).toUpperCase()}`],
	zeros: (n) => [`${n}`.padStart(12, "0"), `${n}`],
	empty: (n) => ["", `${n}`],
};

function isTooEarly(pdu, wish) {
	const key = pdu.destination_addr + octetsOf(pdu.raw).toString("hex");
	const tried = tries.get(key) ?? 0;
	tries.set(key, tried + 1);
	return tried < (wish.throttled ?? wish.fails ?? 0);
}

function statusOf(pdu, wish) {
	if (modes.only_coding >= 0 && pdu.data_coding !== modes.only_coding)
		return 0x104;
	if (modes.no_tlvs && (pdu.message_payload ?? pdu.sar_msg_ref_num) !==
		undefined)
		return 0xC1;
	if (!wish.throttled && !wish.fails)
		return wish.status ?? modes.status;
	if (!isTooEarly(pdu, wish))
		return 0;
	return wish.fails ? smpp.ESME_RSYSERR : smpp.ESME_RTHROTTLED;
}

function scheduleReceipts(message, wish) {
	const when = wish.receipts ?? modes.receipts;
	const stat = wish.stat ?? "DELIVRD";
	if (when === "none" || (message.pdu.registered_delivery & 0x13) === 0)
		return;
	later(() => {
		if (wish.before)
			sendReceipt(message, wish.before);
		sendReceipt(message, stat);
		if (when === "double")
			sendReceipt(message, stat);
	}, when === "late" ? modes.late_ms : modes.receipt_ms);
}

function echo(message) {
	const { pdu } = message;
	for (const part of segments(`You wrote: ${message.text}`))
		delivered("mo", "deliver_sm", { source_addr_ton: 1,
			source_addr_npi: 1, source_addr: pdu.destination_addr,
			dest_addr_ton: 1, dest_addr_npi: 1,
			destination_addr: pdu.source_addr, esm_class: part.esm,
			data_coding: part.dc, short_message: part.octets });
}

async function accept(session, pdu, wish) {
	const number = ++lastId;
	const [id, receiptId] = idForms[wish.ids ?? modes.ids](number);
	const message = { session, pdu, receiptId, submitted: new Date(),
		text: plain(pdu).text };
	if ((wish.receipts ?? modes.receipts) === "early")
		await sendReceipt(message, wish.stat ?? "DELIVRD");
	else
		scheduleReceipts(message, wish);
	respond(session, pdu, { message_id: id });
	if (wish.echo)
		echo(message);
}

function respond(session, pdu, fields) {
	const more = modes.congestion >= 0
		? { congestion_state: modes.congestion } : {};
	later(() => session.send(pdu.response({ ...fields, ...more })),
		modes.answer_ms);
}

let submits = 0;

function onSubmit(session, pdu) {
	const wish = suffixes[pdu.destination_addr.slice(-4)] ?? {};
	note(session, "submit", plain(pdu));
	submits++;
	if (wish.drop || (modes.drop_after > 0 && submits >= modes.drop_after)) {
		submits = 0;
		session.destroy();
		return;
	}
	const late = modes.silent_from > 0 && submits >= modes.silent_from;
	if (wish.silent ?? (modes.silent || late))
		return;
	if (wish.nack) {
		session.generic_nack({ sequence_number: pdu.sequence_number,
			command_status: smpp.ESME_RINVCMDID });
		return;
	}
	const status = statusOf(pdu, wish);
	if (status !== 0)
		respond(session, pdu, { command_status: status });
	else
		accept(session, pdu, wish);
}

// --- Sessions ----------------------------------------------------------------

let count = 0;

function onBind(session, pdu) {
	const good = pdu.system_id === options.system_id &&
		pdu.password === options.password;
	const status = modes.bind_status ||
		(good ? 0 : smpp.ESME_RINVPASWD);
	note(session, "bind", { as: pdu.command, status,
		system_id: pdu.system_id, system_type: pdu.system_type,
		interface_version: pdu.interface_version,
		raw: pdu.raw.toString("hex") });
	if (modes.bind_silent)
		return;
	session.send(pdu.response(status !== 0 ? { command_status: status }
		: { system_id: "smsc", sc_interface_version: 0x34 }));
	if (status !== 0) {
		later(() => session.close(), 200);
		return;
	}
	session.as = pdu.command;
	session.receives = pdu.command !== "bind_transmitter";
	setImmediate(pump);
}

function onSession(session) {
	session.number = ++count;
	session.waiting = new Set();
	sessions.add(session);
	session.on("error", (error) =>
		note(session, "error", { why: error.message }));
	session.on("close", () => {
		sessions.delete(session);
		note(session, "close");
		queue.unshift(...session.waiting);
		pump();
	});
	for (const name of ["bind_transceiver", "bind_transmitter",
		"bind_receiver"])
		session.on(name, (pdu) => onBind(session, pdu));
	session.on("submit_sm", (pdu) => onSubmit(session, pdu));
	session.on("enquire_link", (pdu) => {
		note(session, "enquire_link", { raw: pdu.raw.toString("hex") });
		session.send(pdu.response());
	});
	session.on("unbind", (pdu) => {
		note(session, "unbind", { raw: pdu.raw.toString("hex") });
		session.send(pdu.response());
		session.close();
	});
	session.on("pdu", (pdu) => {
		if (pdu.isResponse())
			note(session, "response", { command: pdu.command,
				status: pdu.command_status,
				raw: pdu.raw.toString("hex") });
	});
}

// --- Control -----------------------------------------------------------------

function addresses(query) {
	return { source_addr_ton: Number(query.ton ?? 1),
		source_addr_npi: Number(query.npi ?? 1),
		source_addr: query.from ?? "15557770000", dest_addr_ton: 1,
		dest_addr_npi: 1, destination_addr: query.to ?? "15551234567" };
}

function moParts(query) {
	if (query.text !== undefined && query.dc === undefined)
		return segments(query.text);
	const dc = Number(query.dc ?? 0);
	const udh = Buffer.from(query.udh ?? "", "hex");
	const body = query.hex !== undefined ? Buffer.from(query.hex, "hex")
		: encodeText(query.text ?? "", dc);
	return [{ octets: Buffer.concat([udh, body]), dc,
		esm: udh.length > 0 ? 0x40 : 0 }];
}

function moFields(query, part) {
	const fields = { ...addresses(query), data_coding: part.dc,
		esm_class: Number(query.esm ?? part.esm),
		short_message: Buffer.alloc(0) };
	if (query.payload || query.data_sm)
		fields.message_payload = part.octets;
	else
		fields.short_message = part.octets;
	if (query.sar) {
		const [ref, total, number] = query.sar.split(",").map(Number);
		Object.assign(fields, { sar_msg_ref_num: ref,
			sar_total_segments: total, sar_segment_seqnum: number });
	}
	return fields;
}

async function mo(query) {
	const done = Promise.all(moParts(query).map((part) =>
		delivered("mo", query.data_sm ? "data_sm" : "deliver_sm",
			moFields(query, part))));
	return { statuses: query.wait === "0" ? [] : await done };
}

async function receipt(query) {
	const coding = Number(query.dc ?? 0);
	const octets = query.hex !== undefined ? Buffer.from(query.hex, "hex")
		: encodeText(query.text ?? "", coding);
	const done = delivered("receipt", "deliver_sm", { ...addresses(query),
		esm_class: Number(query.esm ?? 4), data_coding: coding,
		short_message: octets });
	return { statuses: query.wait === "0" ? [] : [await done] };
}

function mode(query) {
	for (const [name, value] of Object.entries(query)) {
		if (!(name in modes))
			throw new Error(`there is no mode ${name}`);
		modes[name] = typeof modes[name] === "number" ? Number(value)
			: value;
	}
	if (query.drop_after !== undefined || query.silent_from !== undefined)
		submits = 0;
	return modes;
}

function ask(command) {
	return Promise.all([...sessions].map((session) =>
		new Promise((resolve) => {
			session[command]({}, (pdu) => resolve(pdu.command_status));
		})));
}

function outbind(query) {
	return new Promise((resolve, reject) => {
		const session = smpp.connect({ host: query.host,
			port: Number(query.port) }, () => {
			onSession(session);
			session.outbind({ system_id: "smsc",
				password: query.password ?? options.password });
			resolve({ session: session.number });
		});
		session.once("error", reject);
	});
}

function drop() {
	for (const session of sessions)
		session.destroy();
	return {};
}

const controls = {
	"/mo": mo,
	"/receipt": receipt,
	"/mode": mode,
	"/outbind": outbind,
	"/log": ({ since = 0 }) => ({ next: logged,
		events: log.filter((event) => event.n >= Number(since)) }),
	"/sessions": () => ({ last_id: lastId, sessions: [...sessions].filter((s) => s.as)
		.map((s) => ({ number: s.number, as: s.as })) }),
	"/enquire": async () => ({ statuses: await ask("enquire_link") }),
	"/unbind": async () => ({ statuses: await ask("unbind") }),
	"/drop": drop,
	"/reset": () => {
		for (const timer of timers)
			clearTimeout(timer);
		timers.clear();
		queue = [];
		tries.clear();
		for (const session of sessions)
			session.waiting.clear();
		return { ...drop(), ...Object.assign(modes, usual) };
	},
	"/raw": ({ hex }) => {
		for (const session of sessions)
			session.socket.write(Buffer.from(hex, "hex"));
		return {};
	},
};

async function onControl(request, response) {
	const url = new URL(request.url, "http://control");
	const answer = (status, value) => {
		response.writeHead(status, { "Content-Type": "application/json" });
		response.end(JSON.stringify(value));
	};
	const control = controls[url.pathname];
	if (!control) {
		answer(404, { error: "no such control" });
		return;
	}
	try {
		answer(200, await control(Object.fromEntries(url.searchParams)));
	} catch (error) {
		answer(400, { error: error.message });
	}
}

// --- The beginning -----------------------------------------------------------

function listening(server, port) {
	return new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen(port, options.host, resolve);
	});
}

await listening(smpp.createServer(onSession), options.port);
if (options.tls_port)
	await listening(smpp.createServer({
		key: fs.readFileSync(options.key),
		cert: fs.readFileSync(options.certificate) }, onSession),
	options.tls_port);
if (options.control)
	await listening(http.createServer(onControl), options.control);
process.stdout.write("ready\n");
for (const signal of ["SIGTERM", "SIGINT"])
	process.on(signal, () => process.exit(0));
