"""A GSM modem with a SIM, at a pseudo-terminal: AT commands in PDU mode (3GPP
TS 27.005), as far as gammu, smsd and Causeway use them. What becomes of a text
that is sent follows from the end of its receiver's number:

    ...9NNN  refused with +CMS ERROR: NNN
    ...8NNN  accepted; the report says status NNN
    ...7000  never answered
    ...7001  no prompt
    ...7002  accepted, no report
    others   accepted, and delivered
"""

import asyncio
import contextlib
import os
import tty

from clients.inbox import Inbox
from servers import gsm

OK = "\r\nOK\r\n"
ERROR = "\r\nERROR\r\n"


def cms(code):
    return f"\r\n+CMS ERROR: {code}\r\n"


class Modem:
    """`path` is the device, and stays the same when it is unplugged and
    plugged in again. `inbox` has what was sent (gsm.Submit)."""

    def __init__(self, path, pin=None, size=20):
        self.path = path
        self.inbox = Inbox("modem")
        self.pin = self._right_pin = pin
        self.pin_tries = 0
        self.echo = True
        self.registration = 1
        self.memories = {"SM": {}, "ME": {}}
        self.sizes = {"SM": size, "ME": 100}
        self.reading = self.arriving = "SM"
        self.refused = set()  # commands that it does not know
        self.silent = False   # it hears, and says nothing
        self.bytewise = False
        self.reference = 0
        self.plugged = asyncio.Event()
        self._reset()
        self._master = self._slave = None
        self.plug()

    def _reset(self):
        self.modes = [0, 0, 0, 0, 0]  # of +CNMI
        self.acks = False
        self.unacked = 0
        self.pdu_mode = False
        self.errors = 0
        self._buffer = b""
        self._octets = None  # of the PDU that is to come
        self._late = b""
        self._held = None    # what is said while a line goes on

    # --- The line -------------------------------------------------------------

    def plug(self):
        assert self._master is None
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        name = os.ttyname(self._slave)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        os.symlink(name, self.path)
        self._reset()
        self.pin = self._right_pin
        asyncio.get_event_loop().add_reader(self._master, self._readable)

    def unplug(self):
        if self._master is None:
            return
        loop = asyncio.get_event_loop()
        loop.remove_reader(self._master)
        loop.remove_writer(self._master)
        os.unlink(self.path)
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = None

    def _readable(self):
        try:
            data = os.read(self._master, 4096)
        except OSError:
            return
        self.inbox.note("<", repr(data))
        if self.silent:
            return
        if self.echo:
            self._send(data)
        self._buffer += data
        self._handle()

    def _send(self, data):
        """Sooner or later: a terminal takes only some bytes at once."""
        if self._master is None:
            return
        self._late += data
        asyncio.get_event_loop().add_writer(self._master, self._writable)

    def _writable(self):
        part = 1 if self.bytewise else len(self._late)
        try:
            sent = os.write(self._master, self._late[:part])
        except BlockingIOError:
            return
        self._late = self._late[sent:]
        if not self._late:
            asyncio.get_event_loop().remove_writer(self._master)

    def say(self, text):
        if self._held is not None:
            self._held.append(text)
        elif text and not self.silent:
            self.inbox.note(">", repr(text))
            self._send(text.encode())

    # --- Commands -------------------------------------------------------------

    def _handle(self):
        while self._buffer:
            if self._octets is not None:
                if not self._take_pdu():
                    return
                continue
            # What ends a PDU ends nothing here.
            line, end, rest = self._buffer.replace(
                b"\x1b", b"").partition(b"\r")
            if not end:
                return
            self._buffer = rest.lstrip(b"\n")
            self._command(line.decode(errors="replace").strip())

    def _take_pdu(self):
        ends = [self._buffer.find(end) for end in (b"\x1a", b"\x1b")]
        ends = [end for end in ends if end >= 0]
        if not ends:
            return False
        pdu, end = self._buffer[:min(ends)], self._buffer[min(ends)]
        self._buffer = self._buffer[min(ends) + 1:]
        octets, self._octets = self._octets, None
        if end == 0x1b:
            self.say(OK)
        else:
            self._submit(pdu.decode(errors="replace").strip(), octets)
        return True

    def _command(self, line):
        """Several can be in a line (V.250 section 5.2.1): all but the last end
        without a word, as long as nothing fails."""
        if not line.upper().startswith("AT"):
            return
        *first, last = line[2:].split(";")
        for part in first:
            self._held = []
            self._act(part)
            held, self._held = "".join(self._held), None
            self.say(held.removesuffix(OK))
            if not held.endswith(OK):
                return
        self._act(last)

    def _act(self, line):
        name, mark, value = line.partition("=")
        name = name.upper()
        if mark and value == "?":
            name, value = name + "=?", ""
        if name in self.refused or f"{name}={value}" in self.refused:
            self.say(cms(303) if self.errors else ERROR)
            return
        word = name.strip("+").replace("=?", "_choices").replace(
            "?", "_now").lower()
        act = getattr(self, f"_at_{word}", None)
        if act is None and name in ("", "Z", "H", "E1V1", "V1", "Q0"):
            self.say(OK)
        elif act is None:
            self.say(ERROR)
        elif self.pin and word not in ("e0", "e1", "cpin", "cpin_now", "cmee",
                                       "cgmi", "cgmm"):
            self.say("\r\n+CMS ERROR: 311\r\n")
        else:
            act(value)

    def _at_e0(self, _):
        self.echo = False
        self.say(OK)

    def _at_e1(self, _):
        self.echo = True
        self.say(OK)

    def _at_cmee(self, value):
        self.errors = int(value)
        self.say(OK)

    def _at_cfun(self, _):
        self.say(OK)

    def _at_cgmi(self, _):
        self.say("\r\nSIMULATED\r\n" + OK)

    def _at_cgmm(self, _):
        self.say("\r\nPTY-1\r\n" + OK)

    def _at_cgmr(self, _):
        self.say("\r\n1.0\r\n" + OK)

    def _at_cgsn(self, _):
        self.say("\r\n490154203237518\r\n" + OK)

    def _at_cimi(self, _):
        self.say("\r\n001010123456789\r\n" + OK)

    def _at_cpin_now(self, _):
        self.say("\r\n+CPIN: " + ("SIM PIN" if self.pin else "READY") +
                 "\r\n" + OK)

    def _at_cpin(self, value):
        self.pin_tries += 1
        if value.strip('"') == self.pin:
            self.pin = None
            self.say(OK)
        else:
            self.say("\r\n+CME ERROR: 16\r\n")

    def _at_creg(self, _):
        self.say(OK)

    def _at_creg_now(self, _):
        self.say(f"\r\n+CREG: 1,{self.registration}\r\n" + OK)

    def _at_csq(self, _):
        self.say("\r\n+CSQ: 21,99\r\n" + OK)

    def _at_cops_now(self, _):
        self.say('\r\n+COPS: 0,0,"Test Net",7\r\n' + OK)

    def _at_cmgf(self, value):
        self.pdu_mode = value == "0"
        self.say(OK)

    def _at_cmgf_now(self, _):
        self.say(f"\r\n+CMGF: {0 if self.pdu_mode else 1}\r\n" + OK)

    def _at_cmgf_choices(self, _):
        self.say("\r\n+CMGF: (0)\r\n" + OK)

    def _at_csca_now(self, _):
        self.say('\r\n+CSCA: "+15550009999",145\r\n' + OK)

    def _at_csca(self, _):
        self.say(OK)

    def _at_csms(self, value):
        self.acks = value == "1"
        self.say("\r\n+CSMS: 1,1,1\r\n" + OK)

    def _at_csms_now(self, _):
        self.say(f"\r\n+CSMS: {int(self.acks)},1,1,1\r\n" + OK)

    def _at_cnmi(self, value):
        modes = [int(part) for part in value.split(",")]
        self.modes[:len(modes)] = modes
        self.say(OK)

    def _at_cnmi_now(self, _):
        self.say("\r\n+CNMI: " + ",".join(map(str, self.modes)) + "\r\n" + OK)

    def _at_cnmi_choices(self, _):
        self.say("\r\n+CNMI: (0-2),(0-2),(0,2),(0-2),(0,1)\r\n" + OK)

    def _at_cnma(self, value):
        if self.unacked == 0:
            self.say(cms(340))
            return
        self.unacked -= 1
        self.inbox.add(("ack", value or "0"))
        self.say(OK)

    # --- Memory ---------------------------------------------------------------

    def _counts(self, name):
        return f"{len(self.memories[name])},{self.sizes[name]}"

    def _at_cpms_choices(self, _):
        names = '("SM","ME")'
        self.say(f"\r\n+CPMS: {names},{names},{names}\r\n" + OK)

    def _at_cpms_now(self, _):
        names = (self.reading, self.arriving, self.arriving)
        self.say("\r\n+CPMS: " + ",".join(
            f'"{name}",{self._counts(name)}' for name in names) +
            "\r\n" + OK)

    def _at_cpms(self, value):
        names = [name.strip('" ') for name in value.split(",")]
        if not set(names) <= set(self.memories):
            self.say(cms(302))
            return
        self.reading = names[0]
        if len(names) == 3:
            self.arriving = names[2]
        self.say("\r\n+CPMS: " + ",".join(
            self._counts(name)
            for name in (self.reading, self.arriving, self.arriving)) +
            "\r\n" + OK)

    def _listed(self, name, index, text):
        status, pdu = text
        place = f"{index}," if name == "+CMGL" else ""
        return (f"\r\n{name}: {place}{status},,{gsm.octets_of(pdu)}"
                f"\r\n{pdu}\r\n")

    def _at_cmgl(self, value):
        memory = self.memories[self.reading]
        lines = "".join(
            self._listed("+CMGL", index, text).replace("\r\n\r\n", "\r\n")
            for index, text in sorted(memory.items())
            if value in ("4", str(text[0])))
        for index, (status, pdu) in memory.items():
            memory[index] = (1 if status == 0 else status, pdu)
        self.say(lines + OK)

    def _at_cmgr(self, value):
        text = self.memories[self.reading].get(int(value))
        if text is None:
            self.say(cms(321))
        else:
            self.say(self._listed("+CMGR", int(value), text) + OK)

    def _at_cmgd(self, value):
        gone = self.memories[self.reading].pop(int(value.split(",")[0]), None)
        self.say(OK if gone else cms(321))

    def store(self, pdu, status=0, memory=None):
        """In the first place that is free; its number, or None."""
        name = memory or self.arriving
        for index in range(1, self.sizes[name] + 1):
            if index not in self.memories[name]:
                self.memories[name][index] = (status, pdu)
                return index
        return None

    # --- Texts ----------------------------------------------------------------

    def _at_cmgs(self, value):
        if not self.pdu_mode:
            self.say(cms(305))
            return
        self.say("\r\n> ")
        self._octets = int(value)

    def _submit(self, pdu, octets):
        try:
            text = gsm.Submit(pdu, octets)
        except (ValueError, KeyError, IndexError):
            self.say(cms(304))
            return
        end = text.receiver[-4:]
        self.inbox.add(text)
        if end.startswith("9"):
            self.say(cms(int(end[1:])))
        elif end != "7000":
            self.reference = (self.reference + 1) % 256
            text.reference = self.reference
            self.say(f"\r\n+CMGS: {self.reference}\r\n" + OK)
            if text.wants_report and end != "7002":
                self._report(text, int(end[1:]) if end[0] == "8" else 0)

    def _report(self, text, status):
        self.arrive(gsm.report(text.reference, text.receiver, status),
                    self.modes[3], "CDS")

    def text(self, sender, text, **details):
        """Somebody sends one to this phone. False: there is no room."""
        return self.arrive(gsm.deliver(sender, text, **details),
                           self.modes[1], "CMT")

    def arrive(self, pdu, mode, name):
        """Kept in the memory, or (+CMT: mode 2, +CDS: mode 1) passed on."""
        if mode == (2 if name == "CMT" else 1):
            comma = "," if name == "CMT" else ""
            self.unacked += self.acks
            self.say(f"\r\n+{name}: {comma}{gsm.octets_of(pdu)}"
                     f"\r\n{pdu}\r\n")
            return True
        if name == "CDS" and mode == 0:
            return False
        index = self.store(pdu)
        if index is not None and mode:
            self.say(f'\r\n+{name}I: "{self.arriving}",{index}\r\n')
        return index is not None

    def register(self, state):
        self.registration = state
        self.say(f"\r\n+CREG: {state}\r\n")
