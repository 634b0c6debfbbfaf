"""Texts in septets and in segments, as other programs write and cut them."""

import subprocess
from collections import Counter

import pytest

from servers import npm
from servers.causeway import binary

HERE = "tests/integration/texts"


@pytest.fixture(scope="module")
def rows():
    """Question, their answer, our answer."""
    modules = npm.installed(HERE, "texts")
    assert modules, "npm is missing, which fetches what we compare with"
    known = subprocess.run(
        ["node", npm.TOP / HERE / "texts.mjs", modules], check=True,
        capture_output=True, text=True, timeout=300).stdout.splitlines()
    known = [row.split("\t") for row in known]
    answers = subprocess.run(
        [binary().with_name("causeway-texts")],
        input="".join(question + "\n" for question, _ in known), check=True,
        capture_output=True, text=True, timeout=300).stdout.splitlines()
    assert len(answers) == len(known)
    return [(*row, answer) for row, answer in zip(known, answers)]


@pytest.mark.parametrize("name, least", [
    ("encode", 900), ("decode", 500), ("count", 2500)])
def test_answers(rows, name, least):
    asked = [row for row in rows if row[0].split()[0] == name]
    assert len(asked) > least
    assert [row for row in asked if row[1] != row[2]] == []


def test_kinds(rows):
    """Both alphabets, and from one segment to many, were asked for."""
    kinds = Counter(row[1] for row in rows if row[0].startswith("count"))
    for alphabet in ("GSM-7", "UCS-2"):
        for count in range(1, 4):
            assert kinds[f"{count} {alphabet}"] > 20
