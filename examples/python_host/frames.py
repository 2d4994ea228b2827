"""Frames over a stream socket: struct FrameHeader of session.capnp, a body, zeros up to a whole word."""

import struct
from collections import namedtuple

# sequence, operation, flags, dataWords, length, status, ticket
HEADER = struct.Struct("<IHBBIiQ")

# enum FrameFlag holds bit numbers.
REPLY, MORE, NO_REPLY, PADDING, DESCRIPTOR = (1 << bit for bit in range(5))

HANDSHAKE_OPERATION = 1
HANDSHAKE_LIMIT = 64 * 1024

Frame = namedtuple("Frame", "operation flags data_words status ticket body")


class ProtocolError(Exception):
    """The stream cannot be read any further: the channel ends."""


def next_sequence(sequence):
    return 1 if sequence == 0xFFFFFFFF else sequence + 1


class Channel:
    def __init__(self, connection):
        self.connection = connection
        self.input = connection.makefile("rb")
        self.begin(HANDSHAKE_LIMIT)

    def begin(self, cap):
        """What follows counts from 1, and may be as long as `cap`: first the handshake, then the calls."""
        self.cap = cap
        self.sent = 0
        self.received = 0

    def read(self, count):
        data = self.input.read(count)
        if len(data) < count:
            raise ProtocolError("the guest closed in the middle of a frame")
        return data

    def check(self, sequence, flags, length):
        if sequence != next_sequence(self.received):
            raise ProtocolError("a frame is out of sequence")
        if length > self.cap:
            raise ProtocolError("a frame is longer than the frame cap")
        if flags & (PADDING | DESCRIPTOR):
            raise ProtocolError("rings have padding and descriptors; this is a socket, which carries none")

    def receive(self):
        """The next frame, or None when the guest has closed between two."""
        raw = self.input.read(HEADER.size)
        if not raw:
            return None
        if len(raw) < HEADER.size:
            raise ProtocolError("the guest closed in the middle of a frame")
        sequence, operation, flags, data_words, length, status, ticket = HEADER.unpack(raw)
        self.check(sequence, flags, length)
        self.received = sequence
        body = self.read(length)
        self.read(-length % 8)
        return Frame(operation, flags, data_words, status, ticket, body)

    def padding(self, length):
        return bytes(-length % 8)

    def send(self, frame):
        self.sent = next_sequence(self.sent)
        header = HEADER.pack(self.sent, frame.operation, frame.flags, frame.data_words, len(frame.body),
                             frame.status, frame.ticket)
        self.connection.sendall(header + frame.body + self.padding(len(frame.body)))

    def belong_together(self, first, frame):
        return frame.operation == first.operation and frame.ticket == first.ticket

    def receive_message(self, budget):
        """A whole message as one frame, or None at the end. Its body is None when it exceeds the budget."""
        frame = first = self.receive()
        if first is None or not first.flags & MORE:
            return first
        parts, size = [], 0
        while True:
            size += len(frame.body)
            if parts is not None and size <= budget:
                parts.append(frame.body)
            else:
                parts = None  # the rest is read and dropped
            if not frame.flags & MORE:
                break
            frame = self.receive()
            if frame is None:
                raise ProtocolError("the guest closed in the middle of a message")
            if not self.belong_together(first, frame):
                raise ProtocolError("the frames of two messages are interleaved")
        return first._replace(flags=first.flags & ~MORE, body=None if parts is None else b"".join(parts))

    def send_message(self, frame):
        body = frame.body
        while len(body) > self.cap:
            self.send(frame._replace(flags=frame.flags | MORE, body=body[: self.cap]))
            body = body[self.cap :]
        self.send(frame._replace(body=body))

    def close(self):
        try:
            self.input.close()
            self.connection.close()
        except OSError:
            pass
