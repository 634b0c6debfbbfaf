"""Delivery receipts (XEP-0184)."""

# Asks for one.
RECEIPT = "<request xmlns='urn:xmpp:receipts'/>"


def receipt_for(id):
    return lambda s: any(
        child.tag == "{urn:xmpp:receipts}received" and child.get("id") == id
        for child in s)


async def is_received(client, id):
    await client.expect(receipt_for(id), f"a receipt for {id}")
