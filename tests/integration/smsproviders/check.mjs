// Is a callback signed as its provider's own library wants it? A JSON object
// with `provider` and what belongs to it on standard input, "true" or "false"
// on standard output.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(process.argv[2] + "/");

const checks = {
	signalwire({ secret, signature, url, params }) {
		const { RestClient } = require("@signalwire/compatibility-api");
		return RestClient.validateRequest(
			secret, signature, url, params, true);
	},
	telnyx({ key, signature, timestamp, body }) {
		const { webhooks } = require("telnyx");
		const event = webhooks.constructEvent(
			body, Buffer.from(signature, "base64"), timestamp,
			Buffer.from(key, "base64"));
		return event.data.record_type === "event";
	},
	vonage({ secret, params, method }) {
		const { SMS } = require("@vonage/sms");
		return SMS.prototype.verifySignature(
			params.sig, params, secret, method);
	},
	jwt({ secret, token }) {
		const { verifySignature } = require("@vonage/jwt");
		return verifySignature(token, secret);
	},
};

const asked = JSON.parse(readFileSync(0, "utf8"));
let good = false;
try {
	good = checks[asked.provider](asked);
} catch (error) {
	console.error(error.message);
}
console.log(JSON.stringify(good));
