"""A guest of a few calls, sound or with one behaviour broken, and which test of the wire suite has to notice.

    broken_guest.py HOST_FOLDER list          prints "BREAK TEST" for every break
    broken_guest.py HOST_FOLDER BREAK|sound   runs on the host at VGPU_HOST (unix:// or tcp://)
"""

import os
import signal
import socket
import struct
import sys
import urllib.parse

sys.path.insert(0, sys.argv[1])
import frames  # noqa: E402
import message  # noqa: E402
from host import HELLO, HELLO_REPLY  # noqa: E402

BREAKS = {
    "speaks-another-version": "WireGuestHandshake.SaysAHelloOfThisVersion",
    "goes-on-after-a-refusal": "WireGuestHandshake.PassesARefusalOnInItsWords",
    "crashes-on-a-malformed-welcome": "WireGuestHandshake.SurvivesAnswersThatAreNone",
    "hangs-when-the-host-ends": "WireGuestHandshake.EndsWhenTheHostDoesWhereverThatIs",
    "begins-with-memory": "WireGuestCalls.KeepToTheProtocol",
    "posts-what-is-waited-for": "WireGuestCalls.KeepToTheProtocol",
    "uses-a-ticket-twice": "WireGuestCalls.KeepToTheProtocol",
    "sends-local-calls": "WireGuestCalls.KeepToTheProtocol",
    "leaves-gaps-between-tickets": "WireGuestCalls.TicketsCountFromOneWithoutAGap",
    "joins-with-another-key": "WireGuestCalls.FurtherThreadsJoinTheSession",
    "ignores-the-frame-cap": "WireGuestCalls.KeepToASmallFrameCap",
    "asks-for-staging-anyway": "WireGuestCalls.SendNothingThatNeedsAFeatureWhichIsNotInForce",
    "crashes-on-a-foreign-answer": "WireGuestMisbehaviour.AnswersThatNobodyAskedFor",
    "crashes-when-the-host-ends": "WireGuestMisbehaviour.TheEndOfTheHostAfterEveryRequest",
}
BROKEN = sys.argv[2]
SIZE = 20_000
CONTEXT = 1 << 42 | 1 << 4


class Lost(Exception):
    pass


def crash():
    os.kill(os.getpid(), signal.SIGSEGV)


class Guest:
    def __init__(self):
        self.ticket = 0
        self.session = self.key = 0
        self.channel = self.connect()

    def connect(self):
        url = urllib.parse.urlsplit(os.environ["VGPU_HOST"])
        if url.scheme == "unix":
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(url.path)
        else:
            connection = socket.create_connection((url.hostname, url.port))
        channel = frames.Channel(connection)
        version = 2 if BROKEN == "speaks-another-version" else 1
        key = self.key + 1 if BROKEN == "joins-with-another-key" and self.session else self.key
        data = HELLO.pack(version, 0, os.getpid(), self.session, key, 0, 13000, 0, 0, 0)
        token = os.environ.get("VGPU_TOKEN", "").encode()
        channel.send(frames.Frame(1, 0, 0, 0, 0, message.encode(data, [("Q", [1, 2]), "broken_guest.py", token])))
        try:
            frame = channel.receive()
        except frames.ProtocolError:
            frame = None
        if frame is None:
            if BROKEN == "hangs-when-the-host-ends":
                signal.pause()
            raise Lost
        try:
            if frame.operation != 1 or frame.flags != frames.REPLY:
                raise Lost
            reply = message.Struct(frame.body)
            fields = reply.data(HELLO_REPLY)
            reply.text(0)
        except message.Malformed:
            if BROKEN == "crashes-on-a-malformed-welcome":
                crash()
            raise Lost
        cap, devices = fields[7], fields[11]
        if fields[1] != 1 or not 4096 <= cap <= 64 << 20 or not 0 < devices < 1024:
            if BROKEN != "goes-on-after-a-refusal":
                raise Lost
            cap = 4096
        self.session, self.key = fields[3], fields[4]
        channel.begin(1 << 30 if BROKEN == "ignores-the-frame-cap" else cap)
        return channel

    def call(self, operation, data, trailing=b"", channel=None, words=None):
        """One round trip. Returns the status and the body."""
        channel = channel or self.channel
        self.ticket += 2 if BROKEN == "leaves-gaps-between-tickets" else 1
        ticket = max(1, self.ticket - 1) if BROKEN == "uses-a-ticket-twice" else self.ticket
        words = len(data) // 8 if words is None else words
        flags = 0
        if BROKEN == "posts-what-is-waited-for" and operation == 707:
            flags = frames.NO_REPLY
        try:
            channel.send_message(frames.Frame(operation, flags, words, 0, ticket, data + trailing))
            if flags:
                return 0, b""
            answer = channel.receive_message(1 << 30)
        except (frames.ProtocolError, OSError):
            answer = None
        if answer is None:
            if BROKEN == "crashes-when-the-host-ends":
                crash()
            raise Lost
        if answer.ticket != ticket or not answer.flags & frames.REPLY:
            if BROKEN == "crashes-on-a-foreign-answer":
                crash()
            raise Lost
        return answer.status, answer.body

    def run(self):
        if BROKEN == "begins-with-memory":
            self.call(705, struct.pack("<Q", 64))
        self.call(4, struct.pack("<i4x", 0))
        if BROKEN == "sends-local-calls":
            self.call(256, struct.pack("<Q", 0))
        if BROKEN == "asks-for-staging-anyway":
            self.call(5, struct.pack("<Q", 1 << 20))
        self.call(384, struct.pack("<Qi4x", CONTEXT, 0))
        self.call(3, struct.pack("<Q", CONTEXT))
        status, body = self.call(705, struct.pack("<Q", SIZE))
        if status != 0 or len(body) < 8:
            raise Lost
        (address,) = struct.unpack_from("<Q", body)
        sent = os.urandom(SIZE)
        self.call(834, struct.pack("<QQQI4xQ", address, SIZE, 0, 0, 0), sent)
        second = self.connect()
        self.call(3, struct.pack("<Q", CONTEXT), channel=second)
        status, body = self.call(835, struct.pack("<QQQI4xQ", address, SIZE, 0, 0, 0), channel=second)
        print("copy", "equal" if body[8:] == sent else "different")
        self.call(707, struct.pack("<Q", address))
        self.call(7, b"")


if __name__ == "__main__":
    if BROKEN == "list":
        for name, test in BREAKS.items():
            print(name, test)
    else:
        try:
            Guest().run()
        except (Lost, OSError, message.Malformed, struct.error):
            sys.exit(1)
