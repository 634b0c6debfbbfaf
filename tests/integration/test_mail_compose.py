"""What the mail worker wrote, read by Python's own email package: both make
the same of it."""

import email
import email.policy
import os
import pathlib
import subprocess

import pytest

SUBJECT_MAX = 1000      # more is not read

PROGRAM = pathlib.Path(os.environ.get(
    "CAUSEWAY_BIN", "build/asan/causeway")).with_name("email_worker_compose")


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """(mail, what the worker read in it) of each mail of the unit test."""
    if not PROGRAM.exists():
        pytest.skip("this build has no unit tests")
    folder = tmp_path_factory.mktemp("mails")
    subprocess.run([PROGRAM.absolute()], check=True, capture_output=True,
                   env={**os.environ, "CAUSEWAY_MAIL_SAMPLES": str(folder)})
    found = []
    for path in sorted(folder.glob("*.eml")):
        raw = path.read_bytes()
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        head, _, text = path.with_suffix(".txt").read_text(
            "utf-8").partition("\ntext\n")
        fields = [line.partition(" ")[::2] for line in head.split("\n")]
        found.append((mail, fields, text))
    assert len(found) > 30
    return found


def values(fields, name):
    return [value for key, value in fields if key == name]


def spaced(text):
    """Long words without a blank are folded by Python, not by us."""
    return " ".join(str(text or "").split())


def test_headers(samples):
    for mail, fields, _ in samples:
        assert not mail.defects, (mail.defects, fields)
        subject = values(fields, "subject")[0]
        assert spaced(mail["subject"])[:SUBJECT_MAX] == subject
        assert mail["message-id"] == f"<{values(fields, 'id')[0]}>"
        assert mail["date"].datetime.tzinfo is not None
        for name in ("from", "to"):
            if mail[name] is None or not mail[name].addresses:
                assert values(fields, name) == []
                continue
            people = [f"{spaced(person.display_name)}|{person.addr_spec}"
                      for person in mail[name].addresses]
            assert people == values(fields, name)


def unflowed(text):
    """RFC 3676 in its simplest form."""
    result = ""
    for line in text.splitlines():
        line = line.removeprefix(" ")
        result += line if line.endswith(" ") else line + "\n"
    return result.rstrip("\n")


def test_texts(samples):
    compared = 0
    for mail, fields, text in samples:
        part = mail.get_body(preferencelist=("plain",))
        assert part is not None, fields
        # In Delta Chat's, signs and quotations are not the text.
        if part.get_param("format") == "flowed" and \
                mail["chat-version"] is None:
            assert part.get_content_charset() == "utf-8"
            assert unflowed(part.get_content()) == text
            compared += 1
    assert compared > 20


def test_files(samples):
    seen = 0
    for mail, fields, _ in samples:
        if (not values(fields, "size") or
                mail.get_content_type() != "multipart/mixed"):
            continue
        files = list(mail.iter_attachments())
        sizes = [str(len(file.get_content() if
                         file.get_content_maintype() != "text" else
                         file.get_payload(decode=True))) for file in files]
        assert sizes == values(fields, "size")
        assert files[1].get_filename() == 'Отчёт "2026".pdf'
        seen += 1
    assert seen > 0


def test_receipt(samples):
    reports = [mail for mail, _, _ in samples
               if mail.get_content_type() == "multipart/report"]
    assert len(reports) == 1
    status = list(reports[0].iter_parts())[1]
    assert status.get_content_type() == "message/disposition-notification"
    assert "displayed" in status.as_string()
    assert reports[0]["auto-submitted"] == "auto-replied"
