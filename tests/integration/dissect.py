"""What Wireshark says about octets that went over a connection."""

import shutil
import struct
import subprocess

_PORT = 2775
_ADDRESS = bytes([127, 0, 0, 1])


def available():
    return shutil.which("tshark") is not None


def _packet(payload, sequence):
    """IPv4 and TCP around it, towards the port."""
    tcp = struct.pack("!HHIIBBHHH", 40000, _PORT, sequence, 1, 5 << 4, 0x18,
                      65535, 0, 0)
    length = 20 + len(tcp) + len(payload)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, length, 1, 0, 64, 6, 0,
                     _ADDRESS, _ADDRESS)
    return ip + tcp + payload


def write_pcap(path, payloads):
    """One packet for each, link type raw IP."""
    with open(path, "wb") as file:
        file.write(struct.pack("!IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144,
                               101))
        sequence = 1
        for payload in payloads:
            packet = _packet(payload, sequence)
            sequence += len(payload)
            file.write(struct.pack("!IIII", 1, 0, len(packet), len(packet)))
            file.write(packet)


def smpp(path, pdus, more=()):
    """For each PDU: its command, what is wrong with it, or "", and the fields
    in `more`."""
    write_pcap(path, pdus)
    fields = ["smpp.command_id", "_ws.malformed", "_ws.expert.message",
              *more]
    done = subprocess.run(
        ["tshark", "-n", "-r", path, "-d", f"tcp.port=={_PORT},smpp",
         "-o", "tcp.analyze_sequence_numbers:FALSE",
         "-o", "smpp.decode_sms_over_smpp:TRUE",
         "-T", "fields", "-E", "separator=|",
         *[word for field in fields for word in ("-e", field)]],
        capture_output=True, text=True, check=True, timeout=120)
    rows = [line.split("|") for line in done.stdout.splitlines()]
    return [(int(command, 16) if command else None, malformed + expert,
             *others)
            for command, malformed, expert, *others in rows]
