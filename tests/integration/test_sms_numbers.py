"""Phone numbers of all countries, as another program reads them."""

import subprocess
from collections import Counter

import pytest

from servers import npm
from servers.causeway import binary

HERE = "tests/integration/numbers"
DEAR = ("PREMIUM_RATE", "SHARED_COST", "PERSONAL_NUMBER")
TEXTED = ("MOBILE", "FIXED_LINE", "FIXED_LINE_OR_MOBILE")
# Numbers of these cannot be told from their neighbours' by their beginning, or
# only by six digits and more; it says that some of the Isle of Man are British.
HIDDEN = ("AX", "BL", "CC", "CX", "EH", "IM", "MF", "SJ", "VA")


@pytest.fixture(scope="module")
def rows():
    """Place, text, number, country and type as it says; then our answer."""
    modules = npm.installed(HERE, "numbers")
    assert modules, "npm is missing, which fetches libphonenumber-js"
    known = subprocess.run(
        ["node", npm.TOP / HERE / "numbers.mjs", modules], check=True,
        capture_output=True, text=True, timeout=300).stdout.splitlines()
    known = [row.split("\t") for row in known]
    asked = "".join(f"{row[0]}\t{row[1]}\n" for row in known)
    answers = subprocess.run(
        [binary().with_name("causeway-numbers")], input=asked, check=True,
        capture_output=True, text=True, timeout=300).stdout.splitlines()
    assert len(answers) == len(known) > 50000
    return [row + answer.split("\t") for row, answer in zip(known, answers)]


def texted(rows):
    return [row for row in rows if row[4] in TEXTED]


def test_examples(rows):
    examples = [row for row in rows if row[0]]
    assert len({row[0] for row in examples}) > 240
    assert [row for row in examples if row[2] != row[5]] == []


def test_numbers(rows):
    wrong = [row for row in texted(rows) if row[2] != row[5]]
    # Fixed lines of Rwanda by satellite begin with the trunk prefix.
    assert [row for row in wrong if row[3] != "RW"] == []


def test_countries(rows):
    wrong = [row for row in texted(rows)
             if row[2] == row[5] and row[3] != row[6]
             and row[3] not in HIDDEN and row[6] not in HIDDEN]
    assert wrong == []


def test_dear(rows):
    kinds = Counter((row[4] in DEAR, row[7]) for row in rows
                    if row[2] == row[5] and row[4] in DEAR + TEXTED)
    assert kinds[True, "dear"] > 1000 and kinds[False, "usual"] > 10000
    # A number that texts go to is not closed; few dear ones, those that all
    # begin as others do, are open.
    assert kinds[False, "dear"] == 0
    assert kinds[True, "usual"] < kinds[True, "dear"] / 100
