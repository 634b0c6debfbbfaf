"""Text messages in the demo: a short message centre, and a phone that
answers."""

from clients.receipts import RECEIPT, is_received
from servers import smsc

GATEWAY = "sms.localhost"
NUMBERS = {"alice": "+15552000001", "carol": "+15552000002"}
# The centre's phones with this ending repeat what they read.
PHONE = "+12025550100"


def jid(number):
    """What stands for a number in XMPP."""
    return f"{number}@{GATEWAY}"


def centre(run, say):
    """None, with a word about it, when npm cannot fetch what it is built
    on."""
    try:
        if smsc.node_modules(lambda: say("demo: fetching smpp")):
            return smsc.Smsc(run)
        say("demo: no text messages: npm is missing")
    except OSError as error:
        say(f"demo: no text messages: {error}")
    return None


def gateway(centre, domain):
    """The group of the configuration."""
    return {"type": "sms", "jid": GATEWAY, "country": "US",
            "assign": [{"number": number, "users": [f"{name}@{domain}"]}
                       for name, number in NUMBERS.items()],
            "backends": [{"kind": "smpp", "name": "centre",
                          "numbers": list(NUMBERS.values()),
                          **centre.settings()}]}


async def prove(alice, say):
    """A text, its receipt and an answer."""
    id = alice.send_message(jid(PHONE), "hello from XMPP", payload=RECEIPT)
    await alice.get_message(jid(PHONE), "You wrote: hello from XMPP")
    say(f"demo: alice to {PHONE}: hello from XMPP, and the phone answered")
    await is_received(alice, id)
    say("demo: the short message centre has a receipt of the phone")


def explain(centre, say):
    run = centre.run
    say(f"Texts: register at {GATEWAY} with the number {NUMBERS['carol']}")
    say(f"    as carol ({NUMBERS['alice']} is alice's), and write to "
        f"{jid(PHONE)},")
    say("    a phone that repeats what it reads. Be a phone yourself:")
    say(f"    curl 'http://{run.address}:{centre.control}/mo?"
        f"from=12025550123&to={NUMBERS['carol'][1:]}&text=hello'")
