"""Cap'n Proto messages, as far as vgpu's wire uses them: one segment, lists of numbers, Text, Data.

The encoding is documented at https://capnproto.org/encoding.html. A struct is a data section and a pointer
section; where a field lies follows from the .capnp file alone, because fields are placed in the order of
their numbers (`capnp compile -ocapnp FILE` prints the places).
"""

import struct

WORD = 8


class Malformed(Exception):
    pass


def data_section(layout, body, data_words):
    """The fields of a data-only struct whose sender gave it `data_words` words, and what follows it.

    Fields that an older sender does not have are zero; words that a newer one adds are ignored.
    """
    sent = data_words * WORD
    if sent > len(body):
        raise Malformed("the data section is longer than the body")
    section = body[:sent][: layout.size].ljust(layout.size, b"\0")
    return layout.unpack(section), body[sent:]


def encode(data, pointers):
    """A message: the data section (whole words), and the targets of the pointers in their order.

    A target is None, a str (Text), bytes (Data), or a pair of a struct format ("Q") and numbers.
    """
    assert len(data) % WORD == 0
    body = struct.pack("<Q", (len(data) // WORD) << 32 | len(pointers) << 48) + data
    place = len(body)  # of the next pointer
    content = b""
    section = b""
    for target in pointers:
        if target is None:
            section += bytes(WORD)
        else:
            # Element size codes: 2 one byte, 3 two bytes, 4 four bytes, 5 eight bytes.
            if isinstance(target, str):
                raw, code, count = target.encode() + b"\0", 2, len(target.encode()) + 1
            elif isinstance(target, bytes):
                raw, code, count = target, 2, len(target)
            else:
                kind, numbers = target
                raw = struct.pack(f"<{len(numbers)}{kind}", *numbers)
                code, count = {1: 2, 2: 3, 4: 4, 8: 5}[struct.calcsize("<" + kind)], len(numbers)
            offset = (len(pointers) * WORD - len(section) - WORD + len(content)) // WORD
            section += struct.pack("<Q", 1 | offset << 2 | code << 32 | count << 35)
            content += raw + bytes(-len(raw) % WORD)
        place += WORD
    return body + section + content


class Struct:
    """The root struct of a message, every offset and count checked before it is used."""

    def __init__(self, body):
        if len(body) < WORD or len(body) % WORD:
            raise Malformed("a message is not a number of whole words")
        self.body = body
        (root,) = struct.unpack_from("<Q", body)
        offset = (root & 0xFFFFFFFF) >> 2
        if root & 3 or offset >= 1 << 29:
            raise Malformed("the root is no struct, or lies before the message")
        self.data_words = root >> 32 & 0xFFFF
        self.pointer_count = root >> 48
        self.begin = WORD * (1 + offset)
        if self.begin + WORD * (self.data_words + self.pointer_count) > len(body):
            raise Malformed("the root struct is larger than the message")

    def data(self, layout):
        section = self.body[self.begin : self.begin + WORD * self.data_words]
        return layout.unpack(section[: layout.size].ljust(layout.size, b"\0"))

    def list(self, index, code=2, element=1):
        """The bytes of a list field; None where it is null, or the sender does not have it."""
        if index >= self.pointer_count:
            return None
        at = self.begin + WORD * (self.data_words + index)
        (pointer,) = struct.unpack_from("<Q", self.body, at)
        if pointer == 0:
            return None
        offset = (pointer & 0xFFFFFFFF) >> 2
        if pointer & 3 != 1 or offset >= 1 << 29 or pointer >> 32 & 7 != code:
            raise Malformed("a pointer is not of the field's kind, or points backwards")
        begin = at + WORD * (1 + offset)
        size = (pointer >> 35) * element
        if begin + size > len(self.body):
            raise Malformed("a list is longer than the message")
        return self.body[begin : begin + size]

    def text(self, index):
        raw = self.list(index)
        if raw is None:
            return ""
        if not raw.endswith(b"\0"):
            raise Malformed("a Text does not end with NUL")
        return raw[:-1].decode(errors="replace")
