#!/usr/bin/env python3
"""generate.py OUT: writes the corpus (corpus.idx, corpus.blob) into the folder OUT.

generate.py --assemble PTXAS [NAME]: assembles the cases whose name contains NAME (default: all but the random kernels, which
take minutes) for sm_90 and prints what ptxas does not accept."""

import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from corpus import families, inventory  # noqa: E402
from corpus.case import CASES  # noqa: E402


class Blob:
    """Pieces of bytes, equal ones stored once."""

    def __init__(self):
        self.pieces = {}
        self.data = bytearray()

    def add(self, piece):
        if piece not in self.pieces:
            self.data += b"\0" * (-len(self.data) % 16)
            self.pieces[piece] = len(self.data)
            self.data += piece
        return "%d %d" % (self.pieces[piece], len(piece))


def write(directory):
    os.makedirs(directory, exist_ok=True)
    blob = Blob()
    lines = ["form %s %s" % item for item in inventory.forms()]
    for case in CASES:
        lines.append("case %s %s" % (case.name, case.family))
        lines.append("ptx " + blob.add(case.ptx.encode()))
        if case.input:
            lines.append("input " + blob.add(case.input))
        lines.append("output %d" % case.output)
        lines.append("launch %d %d %d %d %d %d %d %d" % (*case.grid, *case.block, case.shared, case.cooperative))
        if case.only_hash:
            lines.append("hash")
        for rule in case.rules:
            lines.append("rule %s %d %d %.17g %.17g %.17g" % rule)
        for array in case.arrays:
            lines.append("array %s %s" % (array.words(), blob.add(array.content)))
        for item in case.objects:
            lines.append(item)
        lines.append("forms " + " ".join(case.forms()))
    with open(os.path.join(directory, "corpus.idx"), "w") as file:
        file.write("\n".join(lines) + "\n")
    with open(os.path.join(directory, "corpus.blob"), "wb") as file:
        file.write(blob.data)
    print("%d cases, %d bytes" % (len(CASES), len(blob.data)))


def assemble(ptxas, only):
    """One ptxas run per family: what stands at module level is renamed, so that all cases fit in one file."""
    bad = 0
    for family in sorted({c.family for c in CASES}):
        text = [".version 8.8\n.target sm_90\n.address_size 64\n"]
        owners = []
        line = 3
        for number, case in enumerate(CASES):
            if case.family != family or only not in case.name or (not only and case.only_hash):
                continue
            body = re.sub(r"\bentry k\b", "entry k%d" % number, case.body)
            body = re.sub(r"\bG_(\w+)", r"G%d_\1" % number, body)
            text.append(body)
            owners.append((line, case.name))
            line += body.count("\n")
        with tempfile.NamedTemporaryFile("w", suffix=".ptx") as file:
            file.write("".join(text))
            file.flush()
            run = subprocess.run([ptxas, "-O0", "-arch=sm_90", file.name, "-o", "/dev/null"], capture_output=True, text=True)
        lines = "".join(text).split("\n")
        for message in run.stderr.splitlines():
            where = re.search(r"line (\d+);", message)
            if "warning" in message or "info" in message:
                continue
            bad += 1
            if where:
                at = int(where.group(1))
                owner = [name for begin, name in owners if begin < at][-1:]
                print(owner[0] if owner else "?", ":", lines[at - 1].strip(), ":", message.split(";", 1)[1].strip())
            else:
                print(family, message)
    print("%d cases, %d complaints" % (len(CASES), bad))
    return bad


def main():
    families.all_cases()
    names = [case.name for case in CASES]
    assert len(names) == len(set(names)), sorted({n for n in names if names.count(n) > 1})
    if len(sys.argv) >= 3 and sys.argv[1] == "--assemble":
        sys.exit(assemble(sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "") != 0)
    write(sys.argv[1])


if __name__ == "__main__":
    main()
