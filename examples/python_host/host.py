#!/usr/bin/env python3
"""A vgpu host written from the .capnp files and docs/wire.md alone, with nothing but Python's library.

It serves the handshake, device queries, memory and copies, over unix:// and tcp://; the rest it answers with
CUDA_ERROR_NOT_SUPPORTED. Its device's memory is bytearrays, and nothing can be launched on it. What it is for:
to show how little a host needs, and that the schema says it all.

    host.py --listen unix:///tmp/host.sock --listen tcp://127.0.0.1:0 [--token-file FILE]

prints "ready URL" for each, and serves until it is killed.
"""

import argparse
import hmac
import os
import secrets
import socket
import struct
import sys
import threading
import urllib.parse

import device
import message
from frames import HANDSHAKE_OPERATION, NO_REPLY, REPLY, Channel, Frame, ProtocolError

PROTOCOL_VERSION = 1
FRAME_CAP = 64 * 1024
MESSAGE_BUDGET = 4 << 20
MOST_CHANNELS = 64
HELLO_SECONDS = 5
MISSING_SECONDS = 1
CALLS_ROLE, CALLBACKS_ROLE = 0, 1

# The data sections of Hello and HelloReply (session.capnp).
HELLO = struct.Struct("<HHIQQQIIQQ")
HELLO_REPLY = struct.Struct("<HHIQQQIIQQIIQ")


class TicketGate:
    """Lets the calls of all channels start in the order of their tickets."""

    def __init__(self):
        self.changed = threading.Condition()
        self.turn = 1

    def enter(self, ticket):
        if ticket == 0 or ticket >> 62:  # outside the order
            return
        with self.changed:
            if not self.changed.wait_for(lambda: self.turn >= ticket, MISSING_SECONDS):
                self.turn = ticket  # what is missing is passed over

    def leave(self, ticket):
        with self.changed:
            if self.turn == ticket:
                self.turn += 1
                self.changed.notify_all()


class Session:
    """One guest process: all its channels share this."""

    def __init__(self):
        self.id = secrets.randbits(63) | 1
        self.key = secrets.randbits(63) | 1
        self.channels = 0
        self.gate = TicketGate()
        self.objects = device.Objects()
        self.deferred = device.SUCCESS  # the failure of a call that nobody waited for


class Thread:
    """What stays with a channel, which stands for one thread of the guest."""

    def __init__(self):
        self.context = 0
        self.ends = False
        self.budget = MESSAGE_BUDGET


class Refused(Exception):
    pass


class Host:
    def __init__(self, token=b""):
        self.token = token
        self.lock = threading.Lock()
        self.sessions = {}

    # --- The handshake ---

    def greet(self, channel):
        """Reads a Hello and answers it. Returns the session, with a channel more, and the role; or None."""
        channel.connection.settimeout(HELLO_SECONDS)
        frame = channel.receive()
        if frame is None or frame.operation != HANDSHAKE_OPERATION or frame.flags & ~REPLY:
            return None
        try:
            hello = message.Struct(frame.body)
            version, role, _, session_id, key, features, cuda, rings, _, _ = hello.data(HELLO)
            hello.list(0, code=5, element=8), hello.text(1)
            session = self.admit(version, role, session_id, key, cuda, rings, hello.list(2) or b"")
        except message.Malformed as problem:
            self.refuse(channel, f"the Hello of the guest is malformed: {problem}")
            return None
        except Refused as reason:
            self.refuse(channel, str(reason))
            return None
        data = HELLO_REPLY.pack(PROTOCOL_VERSION, 1, os.getpid(), session.id, session.key, self.features(features),
                                device.CUDA_VERSION, FRAME_CAP, 0, 0, 0, device.DEVICE_COUNT, MESSAGE_BUDGET)
        self.reply(channel, message.encode(data, [None, None, socket.gethostname(), "examples/python_host"]))
        channel.connection.settimeout(None)
        channel.begin(FRAME_CAP)
        return session, role

    def check_version(self, version, cuda):
        if version != PROTOCOL_VERSION:
            raise Refused(f"this host speaks version {PROTOCOL_VERSION} of the vgpu protocol, the guest speaks "
                          f"version {version} (built against CUDA {cuda // 1000}.{cuda % 1000 // 10})")

    def check_token(self, token):
        if self.token and not hmac.compare_digest(self.token, token):
            raise Refused("this host wants a token, and the guest's is missing or wrong; set VGPU_TOKEN")

    def may_join(self, session, key):
        return session is not None and session.channels > 0 and session.key == key

    def admit(self, version, role, session_id, key, cuda, rings, token):
        self.check_version(version, cuda)
        self.check_token(token)
        if role not in (CALLS_ROLE, CALLBACKS_ROLE):
            raise Refused(f"there is no channel role {role}; a guest opens role 0 for calls or 1 for callbacks")
        if rings:
            raise Refused("this host has no shared memory; connect to it with unix:// or tcp://")
        with self.lock:
            if session_id == 0:
                session = Session()
                self.sessions[session.id] = session
            else:
                session = self.sessions.get(session_id)
                if not self.may_join(session, key):
                    raise Refused("there is no such session, or its key is another one")
            if session.channels >= MOST_CHANNELS:
                raise Refused(f"a session may have {MOST_CHANNELS} channels, and this one has them")
            session.channels += 1
        return session

    def features(self, asked):
        return 0  # no descriptors, no shared memory, no staging area

    def reply(self, channel, body):
        channel.send(Frame(HANDSHAKE_OPERATION, REPLY, 0, 0, 0, body))

    def refuse(self, channel, reason):
        data = HELLO_REPLY.pack(PROTOCOL_VERSION, 0, os.getpid(), *[0] * 10)
        self.reply(channel, message.encode(data, [reason, None, None, None]))

    # --- The calls ---

    def execute(self, session, thread, request):
        """Runs one request. Returns (CUresult, data section or message, trailing bytes)."""
        call = device.CALLS.get(request.operation)
        if request.flags & REPLY:
            return device.INVALID_VALUE, b"", b""
        if request.body is None:
            return device.OUT_OF_MEMORY, b"", b""
        if call is None:
            return device.NOT_SUPPORTED, b"", b""
        if call.context and thread.context not in session.objects.contexts:
            return device.INVALID_CONTEXT, b"", b""
        try:
            if call.layout is None:
                fields, trailing = request.body, b""
            else:
                fields, trailing = message.data_section(call.layout, request.body, request.data_words)
            with session.objects.lock:
                return call.code(session.objects, thread, fields, trailing)
        except message.Malformed:
            return device.INVALID_VALUE, b"", b""

    def settle(self, session, request, status):
        """Keeps the failure of a call that nobody waits for, and gives it to the next that waits and succeeds."""
        if request.flags & NO_REPLY:
            session.deferred = session.deferred or status
            return status
        call = device.CALLS.get(request.operation)
        if status == device.SUCCESS and request.operation >= 16 and call.sync and session.deferred:
            status, session.deferred = session.deferred, device.SUCCESS
        return status

    def answer(self, channel, request, status, data, trailing):
        if request.flags & NO_REPLY:
            return
        call = device.CALLS.get(request.operation)
        words = call.reply_words if call is not None and data else 0
        if status != device.SUCCESS:
            words, data, trailing = 0, b"", b""  # a failed call has no results
        channel.send_message(Frame(request.operation, REPLY, words, status, request.ticket, data + trailing))

    def serve(self, channel, session):
        thread = Thread()
        while not thread.ends:
            request = channel.receive_message(MESSAGE_BUDGET)
            if request is None:
                break
            session.gate.enter(request.ticket)
            try:
                status, data, trailing = self.execute(session, thread, request)
            finally:
                session.gate.leave(request.ticket)
            status = self.settle(session, request, status)
            self.answer(channel, request, status, data, trailing)

    def end_channel(self, session):
        with self.lock:
            session.channels -= 1
            if session.channels == 0:
                del self.sessions[session.id]

    # --- Connections ---

    def handle(self, connection):
        channel = Channel(connection)
        session = None
        try:
            greeted = self.greet(channel)
            if greeted is not None:
                session, role = greeted
                if role == CALLBACKS_ROLE:
                    channel.receive()  # this host calls nobody back; the channel ends with the guest
                else:
                    self.serve(channel, session)
        except (ProtocolError, OSError) as problem:
            print(f"a channel ended: {problem}", file=sys.stderr)
        finally:
            channel.close()
            if session is not None:
                self.end_channel(session)

    def accept(self, listener):
        while True:
            connection, _ = listener.accept()
            if connection.family != socket.AF_UNIX:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.handle, args=(connection,), daemon=True).start()

    def listen(self, url):
        """Accepts connections at the URL, in a thread of its own. Returns the URL with the port that it got."""
        parts = urllib.parse.urlsplit(url)
        if parts.scheme == "unix":
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(parts.path)
        elif parts.scheme == "tcp":
            listener = socket.create_server((parts.hostname, parts.port))
            url = "tcp://%s:%d" % listener.getsockname()[:2]
        else:
            raise SystemExit(f"{url}: this host listens at unix:///path or tcp://host:port")
        listener.listen(128)
        threading.Thread(target=self.accept, args=(listener,), daemon=True).start()
        return url


def run(make_host, arguments=None):
    parser = argparse.ArgumentParser(description="A vgpu host in Python.")
    parser.add_argument("--listen", action="append", required=True, help="unix:///path or tcp://host:port")
    parser.add_argument("--token-file", help="file with what a guest has to present")
    options = parser.parse_args(arguments)
    token = b""
    if options.token_file:
        with open(options.token_file, "rb") as file:
            token = file.read().rstrip(b"\r\n")
    host = make_host(token)
    for url in options.listen:
        print("ready", host.listen(url), flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    try:
        run(Host)
    except KeyboardInterrupt:
        pass
