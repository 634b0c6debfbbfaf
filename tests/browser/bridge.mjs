// Lets a program in another language use Chromium through Playwright.
//
// It reads one request a line, {id, page, method, args}, and answers with one
// line, {id, value} or {id, error}. `page` is a name; method `open` makes a
// page with a profile of its own and goes to args[0], any other is a method of
// Playwright's Page. Arguments: the folder with node_modules, Chromium,
// and how many seconds to wait for anything. The end of the input ends the
// browser.

import { createRequire } from "node:module";
import readline from "node:readline";

const [folder, chromium, patience] = process.argv.slice(2);
const playwright = createRequire(`${folder}/`)("playwright-core");

// The last keeps the browser on this machine.
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic",
	"--no-first-run", "--disable-background-networking",
	"--disable-component-update", "--disable-sync",
	"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost," +
	" EXCLUDE 127.*"];

const pages = new Map();

async function open(browser, name, address) {
	const context = await browser.newContext({
		viewport: { width: 1280, height: 800 }, locale: "en" });
	const page = await context.newPage();
	const tell = (text) => process.stderr.write(`${name}: ${text}\n`);
	page.on("pageerror", (error) => tell(`ERROR ${error.message}`));
	page.on("websocket", (socket) => {
		socket.on("framesent", ({ payload }) => tell(`> ${payload}`));
		socket.on("framereceived", ({ payload }) => tell(`< ${payload}`));
	});
	page.setDefaultTimeout(1000 * patience);
	pages.set(name, page);
	await page.goto(address);
}

async function perform(browser, { page, method, args }) {
	if (method === "open")
		return await open(browser, page, ...args);
	const value = await pages.get(page)[method](...args);
	// Handles of elements, responses and pictures stay here.
	return typeof value === "object" ? null : value;
}

const browser = await playwright.chromium.launch(
	{ executablePath: chromium, args: FLAGS });
for await (const line of readline.createInterface(process.stdin)) {
	const request = JSON.parse(line);
	perform(browser, request).then(
		(value) => ({ value }), (error) => ({ error: error.message })
	).then((answer) => process.stdout.write(
		JSON.stringify({ id: request.id, ...answer }) + "\n"));
}
await browser.close();
