#!/usr/bin/env python3
"""seeds.py OUT: the first inputs of the fuzz targets: OUT/seeds-ptx and OUT/seeds-fatbin."""

import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "ptx_corpus"))

from corpus import families  # noqa: E402
from corpus.case import CASES  # noqa: E402

MAGIC = 0xBA55ED50


def entry(kind, text, flags=0, compressed=0, plain=0, arch=80):
    """An entry of a fat binary: a header of 64 bytes, then the payload, padded to eight."""
    payload = text + b"\0" * (-len(text) % 8)
    header = struct.pack("<HHIQIIHHIIIQQQ", kind, 0x101, 64, len(payload), compressed, 0, 6, 8, arch, 64, 0, flags, 0, plain)
    return header + payload


def fatbin(*entries):
    body = b"".join(entries)
    return struct.pack("<IHHQ", MAGIC, 1, 16, len(body)) + body


def lz4_literals(text):
    """A block of LZ4 that holds `text` as it is."""
    rest = len(text) - 15
    return bytes([0xF0]) + b"\xff" * (rest // 255) + bytes([rest % 255]) + text


def write(directory, name, data):
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, name), "wb") as file:
        file.write(data)


def main():
    out = sys.argv[1]
    families.all_cases()
    sizes = {}
    for case in CASES:
        # One case of every kind is enough; long ones make a fuzzer slow.
        word = case.name.split(".")[0]
        if sizes.get(word, 0) < 2 and len(case.ptx) < 4000:
            sizes[word] = sizes.get(word, 0) + 1
            write(out + "/seeds-ptx", "%s.%d" % (word, sizes[word]), case.ptx.encode())
    random = [case for case in CASES if case.family == "random"]
    for case in sorted(random, key=lambda case: len(case.ptx))[:3]:
        write(out + "/seeds-ptx", case.name, case.ptx.encode())
    # A number of 128 bits.
    write(out + "/seeds-ptx", "b128", b".version 8.6\n.target sm_80\n.address_size 64\n.entry k() { .reg .b128 r; mad.lo.b128 8, 128, 1, 1; }\n")
    text = min((case.ptx for case in CASES), key=len).encode() + b"\0"
    directory = out + "/seeds-fatbin"
    write(directory, "plain", fatbin(entry(1, text), entry(2, b"\x7fELF" + b"\0" * 60)))
    packed = lz4_literals(text)
    write(directory, "lz4", fatbin(entry(1, packed, 0x2000, len(packed), len(text))))
    # Not LZ4: no memory may be taken for what it cannot hold.
    write(directory, "broken", fatbin(entry(1, b"\xff" * 300, 0x2000, 300, 0)))
    # A frame of Zstandard: one block as it is.
    packed = b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(text)) + struct.pack("<I", len(text) << 3 | 1)[:3] + text
    write(directory, "zstd", fatbin(entry(1, packed, 0x8000, len(packed), len(text)), entry(1, text, arch=120)))
    for name in ("ptx", "fatbin"):
        write(out + "/seeds-" + name, ".made", b"")


if __name__ == "__main__":
    main()
