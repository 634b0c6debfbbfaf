// Signs callbacks as Twilio does, with its own library: a JSON object with
// `token`, `url` and `params` or `body` on standard input, one on standard
// output with the `signature` and the `url` to call.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(process.argv[2] + "/");
const twilio = require("twilio/lib/webhooks/webhooks");

const asked = JSON.parse(readFileSync(0, "utf8"));
let { url } = asked;
if (asked.body !== undefined)
	url += `?bodySHA256=${twilio.getExpectedBodyHash(asked.body)}`;
const signature = twilio.getExpectedTwilioSignature(
	asked.token, url, asked.params ?? {});
console.log(JSON.stringify({ signature, url }));
