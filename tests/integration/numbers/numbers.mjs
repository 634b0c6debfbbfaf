// What libphonenumber-js knows of numbers, one a line: where it is read, as it
// is written there, the number in E.164, its country, and its type. Its
// modules are in the folder that is named.
import { createRequire } from "module";

const load = createRequire(process.argv[2] + "/");
const lib = load("libphonenumber-js/max");
const examples = load("libphonenumber-js/examples.mobile.json");

function print(place, text, number) {
    const parsed = lib.parsePhoneNumberFromString(number);
    console.log([place, text, number, parsed.country || "-",
        parsed.getType() || "-"].join("\t"));
}

// An example of each country, in every form that people know.
for (const country of lib.getCountries()) {
    const example = lib.getExampleNumber(country, examples);
    const abroad = country === "DE" ? "FR" : "DE";

    for (const form of ["E.164", "INTERNATIONAL", "NATIONAL", "RFC3966"])
        print(country, example.format(form), example.number);
    print(abroad, example.format("IDD", { fromCountry: abroad }),
        example.number);
}

// Of each calling code, a number that begins with each three digits.
const codes = lib.getCountries().map(c => lib.getCountryCallingCode(c));
for (const code of new Set(codes))
    for (let begin = 0; begin < 1000; begin++)
        for (let length = 7; length <= 10; length++) {
            const text = "+" + code + (String(begin).padStart(3, "0") +
                "2345678").slice(0, length);
            const parsed = lib.parsePhoneNumberFromString(text);

            if (parsed && parsed.isValid() && parsed.number === text)
                print("", text, text);
        }
