"""The PDUs that a network and a modem exchange (3GPP TS 23.040), as the network
sees them: texts to a phone, reports about texts, and texts from a phone."""

import math
import time

BASIC = ("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
         " !\"#¤%&'()*+,-./0123456789:;<=>?"
         "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
         "¿abcdefghijklmnopqrstuvwxyzäöñüà")
EXTENSION = {"\f": 0x0a, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2f,
             "[": 0x3c, "~": 0x3d, "]": 0x3e, "|": 0x40, "€": 0x65}


# --- Parts --------------------------------------------------------------------

def septets_of(text):
    septets = []
    for character in text:
        if character in EXTENSION:
            septets += [0x1b, EXTENSION[character]]
        else:
            septets.append(BASIC.index(character))
    return septets


def text_of(septets):
    back = {septet: character for character, septet in EXTENSION.items()}
    text, escaped = "", False
    for septet in septets:
        if escaped:
            text += back.get(septet, BASIC[septet])
        elif septet != 0x1b:
            text += BASIC[septet]
        escaped = not escaped and septet == 0x1b
    return text


def pack(septets, skip=0):
    """Septets from bit `skip` on."""
    number = 0
    for index, septet in enumerate(septets):
        number |= septet << (7 * index + skip)
    return number.to_bytes(math.ceil((7 * len(septets) + skip) / 8), "little")


def unpack(octets, count, skip=0):
    number = int.from_bytes(octets, "little") >> skip
    return [number >> 7 * index & 0x7f for index in range(count)]


def swapped(digits):
    """Two digits an octet, the lower half first."""
    digits += "F" * (len(digits) % 2)
    return bytes(int(digits[i + 1] + digits[i], 16)
                 for i in range(0, len(digits), 2))


def address(text):
    """A number, with or without +, or a word."""
    if text.strip("+0123456789*#") == "":
        digits = text.lstrip("+").replace("*", "A").replace("#", "B")
        kind = 0x91 if text.startswith("+") else 0x81
        return bytes([len(digits), kind]) + swapped(digits)
    packed = pack(septets_of(text))
    return bytes([math.ceil(len(septets_of(text)) * 7 / 4), 0xd0]) + packed


def read_address(octets):
    """The address and what is behind it."""
    count, kind = octets[0], octets[1]
    end = 2 + (count + 1) // 2
    digits = "".join(f"{octet & 15:X}{octet >> 4:X}" for octet in octets[2:end])
    digits = digits[:count].replace("A", "*").replace("B", "#")
    return ("+" if kind == 0x91 else "") + digits, octets[end:]


def stamp(seconds):
    """The time at a centre that is an hour ahead of UTC."""
    local = time.strftime("%y%m%d%H%M%S", time.gmtime(seconds + 3600))
    return swapped(local + "04")


def user_data(text, header=b""):
    """The coding, and TP-UDL with TP-UD, of a text, or of bytes."""
    head = bytes([len(header)]) + header if header else b""
    if isinstance(text, bytes):
        return 4, bytes([len(head) + len(text)]) + head + text
    try:
        septets = septets_of(text)
    except ValueError:
        octets = text.encode("utf-16-be")
        return 8, bytes([len(head) + len(octets)]) + head + octets
    before = math.ceil(len(head) * 8 / 7)
    packed = pack(septets, before * 7 - len(head) * 8)
    return 0, bytes([before + len(septets)]) + head + packed


CENTRE = bytes([7, 0x91]) + swapped("15550009999")


# --- Whole ones ---------------------------------------------------------------

def deliver(sender, text, header=b"", seconds=None, coding=None):
    """A text to a phone, with the service centre, in hexadecimal digits."""
    usual, data = user_data(text, header)
    seconds = time.time() if seconds is None else seconds
    first = 0x04 | (0x40 if header else 0)
    return (CENTRE + bytes([first]) + address(sender) +
            bytes([0, usual if coding is None else coding]) +
            stamp(seconds) + data).hex().upper()


def report(reference, receiver, status, seconds=None):
    seconds = time.time() if seconds is None else seconds
    return (CENTRE + bytes([0x06, reference]) + address(receiver) +
            stamp(seconds) + stamp(seconds) + bytes([status])).hex().upper()


def octets_of(pdu):
    """The length that commands want: without the service centre."""
    return len(pdu) // 2 - 1 - int(pdu[:2], 16)


class Submit:
    """A text from a phone. ValueError when it is none."""

    def __init__(self, pdu, octets):
        raw = bytes.fromhex(pdu)
        self.centre_length = raw[0]
        raw = raw[1 + raw[0]:]
        if len(raw) != octets or raw[0] & 3 != 1:
            raise ValueError("not the text that was announced")
        self.first = raw[0]
        self.wants_report = bool(raw[0] & 0x20)
        self.receiver, raw = read_address(raw[2:])
        self.protocol, self.coding = raw[0], raw[1]
        validity = {0: 0, 0x10: 1, 0x08: 7, 0x18: 7}[self.first & 0x18]
        self.validity = raw[2:2 + validity]
        self._read_data(raw[2 + validity:])

    def _read_data(self, raw):
        count, raw = raw[0], raw[1:]
        size = raw[0] + 1 if self.first & 0x40 else 0
        self.header = raw[1:size]
        if self.coding & 0x0c == 0:
            if len(raw) != math.ceil(count * 7 / 8):
                raise ValueError("septets are missing")
            before = math.ceil(size * 8 / 7)
            self.text = text_of(unpack(raw[size:], count - before,
                                       before * 7 - size * 8))
            return
        if len(raw) != count:
            raise ValueError("octets are missing")
        self.text = raw[size:]
        if self.coding & 0x0c == 8:
            self.text = self.text.decode("utf-16-be", "surrogatepass")
