// What other programs make of texts, one question a line and their answer
// behind a tab: "encode SINGLE LOCKING TEXT" in septets, "decode SINGLE LOCKING
// SEPTETS", "count TEXT" with the alphabet; all in hexadecimal. Their modules
// are in the folder that is named.
import { createRequire } from "module";

const load = createRequire(process.argv[2] + "/");
const { gsmCoder } = load("smpp");
const { SegmentedMessage } = load("sms-segments-calculator");

// The same numbers each time.
let state = 1;
function random(below) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 0x100000000 * below);
}

function mixed(characters, length) {
    let text = "";
    while (text.length < length)
        text += characters[random(characters.length)];
    return text;
}

const byte = number => Number(number).toString(16).padStart(2, "0");
const hex = what => Buffer.from(what, "utf8").toString("hex");
function print(question, answer) {
    console.log(question.join(" ") + "\t" + answer);
}

// The tables that it knows: 0 the default, 1 Turkish, 2 Spanish, 3 Portuguese.
// Those characters of Portuguese that are in both it takes from the second.
const tables = [[0, 0], [1, 1], [2, 0], [3, 3]];
for (const [language, pair] of tables.entries()) {
    const coder = gsmCoder.getCoder(language);
    const all = [...Object.keys(coder.charListEnc),
        ...Object.keys(coder.extCharListEnc)].filter(
        c => c !== "\x1b" && !(language === 3 && "^\\~|".includes(c)));
    for (const c of all)
        print(["encode", ...pair, hex(c)],
            gsmCoder.encode(c, language).toString("hex"));
    for (let i = 0; i < 100; i++) {
        const text = mixed(all, 1 + random(200));
        print(["encode", ...pair, hex(text)],
            gsmCoder.encode(text, language).toString("hex"));
    }
    for (const [index, c] of Object.entries(coder.charListDec))
        if (!"\x1b\r".includes(c))
            print(["decode", ...pair, byte(index)], hex(c));
    // It has a blank in Portuguese that is not there, and backslashes twice.
    for (const [plain, c] of Object.entries(coder.extCharListDec))
        if (!"\f ".includes(c) && plain in coder.charListEnc)
            print(["decode", ...pair,
                "1b" + byte(coder.charListEnc[plain])], hex(c));
}

// Texts of each kind, around where another segment begins.
const plain = [..."abcdefghijklmnopqrstuvwxyz ABCÄÖÜéàΔΩ@£_\n0123456789,.?"];
const escaped = [...plain, ..."€[]{}~^\\|"];
const kinds = [plain, escaped, [..."€[]{}"],
    [..."Привет мир 123"], [..."ab“”…"],
    ["😀", "🎉", "x"], ["😀"],
    ["👨‍👩‍👧", "👍🏽", "🇩🇪", "e\u0301", "a", "й"],
    ["न", "म", "स्", "ते", "x"]];
const lengths = [1, 34, 35, 36, 66, 67, 69, 70, 71, 72, 133, 134, 135, 136, 152,
    153, 159, 160, 161, 162, 200, 201, 202, 305, 306, 307, 308, 458, 459, 460];
for (const kind of kinds)
    for (const length of lengths)
        for (let i = 0; i < 10; i++) {
            const text = mixed(kind, length);
            const other = new SegmentedMessage(text);
            print(["count", hex(text)],
                other.segmentsCount + " " + other.encodingName);
        }
