"""Delta Chat's own core, without a window: any number of accounts in one
program that is spoken to in JSON-RPC, one object a line."""

import asyncio
import itertools
import json
import platform
import socket

from clients.inbox import Inbox
from servers import npm
from servers.process import Process, wait_for

PACKAGE = "@deltachat/stdio-rpc-server-linux-"
MACHINES = {"x86_64": "x64", "aarch64": "arm64"}
# What contacts are called that stand for the account itself.
SELF = 1
# A message that its receiver has displayed.
READ = 28


def program():
    modules = npm.installed("tests/integration/deltachat", "deltachat")
    assert modules, "npm is missing, which fetches Delta Chat"
    path = modules / (PACKAGE + MACHINES[platform.machine()]) / \
        "deltachat-rpc-server"
    assert path.exists(), f"npm did not fetch {path}"
    return path


class Refused(AssertionError):
    """Delta Chat will not do that; the text is its own."""


class DeltaChat(Process):
    def __init__(self, run, name="deltachat"):
        super().__init__(run, name)
        self._program = program()
        self.logs.append(self.folder / "events.log")
        self._ids = itertools.count(1)
        self._waiting = {}
        self._accounts = {}
        self._tasks = []

    def command(self):
        return [str(self._program)]

    def environment(self):
        return {"DC_ACCOUNTS_PATH": str(self.folder / "accounts")}

    def streams(self, output):
        self._socket, theirs = socket.socketpair()
        self._theirs = theirs
        return theirs, theirs

    async def ready(self):
        self._theirs.close()
        reader, self._writer = await asyncio.open_connection(
            sock=self._socket, limit=16 << 20)
        self._tasks = [asyncio.create_task(self._read(reader)),
                       asyncio.create_task(self._watch())]
        await self.ask("get_system_info")

    async def end(self):
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            self._writer.close()
        await super().end()

    # Questions and answers.
    async def ask(self, method, *params):
        id = next(self._ids)
        answer = asyncio.get_running_loop().create_future()
        self._waiting[id] = answer
        self._writer.write(json.dumps(
            {"jsonrpc": "2.0", "id": id, "method": method,
             "params": params}).encode() + b"\n")
        said = await answer
        if "error" in said:
            raise Refused(f"{method}: {said['error'].get('message')}")
        return said.get("result")

    async def _read(self, reader):
        while line := await reader.readline():
            said = json.loads(line)
            answer = self._waiting.pop(said.get("id"), None)
            if answer is not None and not answer.done():
                answer.set_result(said)
        for answer in self._waiting.values():
            answer.set_exception(Refused("Delta Chat has ended"))

    async def _watch(self):
        while True:
            for one in await self.ask("get_next_event_batch"):
                self._note(one)
                account = self._accounts.get(one["contextId"])
                if account is not None:
                    account.events.add(one["event"])

    def _note(self, event):
        with open(self.logs[-1], "a", encoding="utf-8") as log:
            log.write(json.dumps(event) + "\n")

    # Accounts.
    async def account(self, mail, address, name=None, watches=True):
        """A new one for a mailbox of the mail system."""
        account = Account(self, await self.ask("add_account"), address)
        self._accounts[account.id] = account
        # Mail in clear is neither sent nor read otherwise.
        await account.configure(force_encryption="0", displayname=name,
                                skip_start_messages="1")
        # It knows the authorities of its own list alone; the names of the
        # tests' hosts are not looked up, either.
        await account.ask("add_or_update_transport", {
            "addr": address, "password": mail.dovecot.password(address),
            "imapServer": self.run.address, "imapPort": mail.dovecot.imaps,
            "imapSecurity": "ssl", "smtpServer": self.run.address,
            "smtpPort": mail.exim.submissions, "smtpSecurity": "ssl",
            "certificateChecks": "acceptInvalidCertificates"})
        # Watching is what it begins with, and it deletes what it has read.
        await account.event("ImapInboxIdle")
        if not watches:
            await account.ask("stop_io")
        return account


class Account:
    """Somebody who uses Delta Chat."""

    def __init__(self, core, id, address):
        self.core = core
        self.id = id
        self.address = address
        self.events = Inbox(address)

    def __str__(self):
        return self.address

    async def ask(self, method, *params):
        return await self.core.ask(method, self.id, *params)

    async def configure(self, **values):
        await self.ask("batch_set_config", values)

    async def event(self, kind, **fields):
        """Waits for an event with these fields."""
        return await self.events.get(
            lambda event: event["kind"] == kind and
            fields.items() <= event.items(), f"{kind} {fields}")

    # People and chats.
    async def contact(self, address, name=None):
        return await self.ask("create_contact", str(address), name)

    async def chat(self, address):
        """The chat with the one person of this address."""
        return await self.ask("create_chat_by_contact_id",
                              await self.contact(address))

    async def group(self, name, *addresses):
        """A group whose messages are mails in clear."""
        group = await self.ask("create_group_chat_unencrypted", name)
        for address in addresses:
            await self.ask("add_contact_to_chat", group,
                           await self.contact(address))
        return group

    async def info(self, chat):
        return await self.ask("get_full_chat_by_id", chat)

    # Messages.
    async def send(self, chat, text=None, **more):
        """Returns when the mail server has it."""
        id = await self.ask("send_msg", chat, {"text": text, **more})
        await self.event("MsgDelivered", msgId=id)
        return id

    async def message(self, id):
        return await self.ask("get_message", id)

    async def receive(self, text):
        """Waits for a message that begins so."""
        while True:
            event = await self.event("IncomingMsg")
            message = await self.message(event["msgId"])
            if message["text"].startswith(text):
                return message

    async def until(self, id, what, test):
        """Waits until the message passes a test."""
        async def attempt():
            message = await self.message(id)
            return message if test(message) else None
        return await wait_for(attempt, f"{what} at {self.address}")
