#!/usr/bin/env python3
"""reduce.py OUT --first LIBRARY --second LIBRARY [--jobs N] [--seconds S] NAME...: finds out why two CUDA drivers compute
different things from random kernels (random.0004, or @FILE with a name at the beginning of each line).

Each kernel runs on both, on the first also with the just-in-time compiler's optimisation off; one that differs loses statement
after statement as long as it still does. OUT gets for each NAME.ptx what remains and NAME.txt what it computes on both. Only
whole statements of a structured kernel are taken out, so that none of the remaining texts has a race or reads what nobody wrote."""

import argparse
import concurrent.futures
import ctypes
import os
import pickle
import select
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from corpus import randoms  # noqa: E402
from corpus.case import HEADER, TARGET, VERSION, kernel  # noqa: E402

OPTIMISATION_LEVEL = 7  # CU_JIT_OPTIMIZATION_LEVEL
LIMIT = 20.0  # seconds for one run


class DriverError(Exception):
    pass


class Device:
    """The driver library in this process."""

    def __init__(self, library):
        self.lib = ctypes.CDLL(library)
        self.call("cuInit", 0)
        context = ctypes.c_void_p()
        self.call("cuDevicePrimaryCtxRetain", ctypes.byref(context), 0)
        self.call("cuCtxSetCurrent", context)

    def call(self, name, *arguments):
        status = getattr(self.lib, name)(*arguments)
        if status != 0:
            raise DriverError("%s: %d" % (name, status))

    def run(self, job):
        module = ctypes.c_void_p()
        function = ctypes.c_void_p()
        count = 0 if job["level"] is None else 1
        options = (ctypes.c_int * 1)(OPTIMISATION_LEVEL)
        settings = (ctypes.c_void_p * 1)(job["level"])
        self.call("cuModuleLoadDataEx", ctypes.byref(module), ctypes.c_char_p(job["ptx"]), count, options, settings)
        try:
            self.call("cuModuleGetFunction", ctypes.byref(function), module, b"k")
            buffers = [ctypes.c_uint64(), ctypes.c_uint64()]
            for buffer, size in zip(buffers, (len(job["input"]), job["output"])):
                self.call("cuMemAlloc_v2", ctypes.byref(buffer), ctypes.c_size_t(size))
            self.call("cuMemcpyHtoD_v2", buffers[0], ctypes.c_char_p(job["input"]), ctypes.c_size_t(len(job["input"])))
            self.call("cuMemsetD8_v2", buffers[1], ctypes.c_ubyte(0xA5), ctypes.c_size_t(job["output"]))
            parameters = (ctypes.c_void_p * 2)(*[ctypes.cast(ctypes.byref(b), ctypes.c_void_p) for b in buffers])
            self.call("cuLaunchKernel", function, job["blocks"], 1, 1, job["threads"], 1, 1, 0, None, parameters, None)
            self.call("cuCtxSynchronize")
            output = ctypes.create_string_buffer(job["output"])
            self.call("cuMemcpyDtoH_v2", output, buffers[1], ctypes.c_size_t(job["output"]))
            for buffer in buffers:
                self.call("cuMemFree_v2", buffer)
            return output.raw
        finally:
            self.lib.cuModuleUnload(module)


def serve(library):
    """Runs jobs from standard input until it ends; a failed one ends the process, whose context it may have broken."""
    device = Device(library)
    while True:
        head = sys.stdin.buffer.read(8)
        if len(head) < 8:
            return
        job = pickle.loads(sys.stdin.buffer.read(struct.unpack("Q", head)[0]))
        try:
            answer = device.run(job)
        except DriverError as error:
            answer = str(error)
        text = pickle.dumps(answer)
        sys.stdout.buffer.write(struct.pack("Q", len(text)) + text)
        sys.stdout.buffer.flush()
        if isinstance(answer, str):
            return


class Worker:
    """A process that runs kernels on one driver; another takes its place when it is lost."""

    def __init__(self, library):
        self.library = library
        self.process = None

    def read(self, size, end):
        data = b""
        while len(data) < size:
            if not select.select([self.process.stdout], [], [], max(0.0, end - time.monotonic()))[0]:
                return None
            piece = os.read(self.process.stdout.fileno(), size - len(data))
            if not piece:
                return None
            data += piece
        return data

    def run(self, job):
        """The output, or in words what came instead."""
        if self.process is None:
            self.process = subprocess.Popen([sys.executable, os.path.abspath(__file__), "--serve", self.library],
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        text = pickle.dumps(job)
        end = time.monotonic() + LIMIT
        head = None
        try:
            self.process.stdin.write(struct.pack("Q", len(text)) + text)
            head = self.read(8, end)
        except BrokenPipeError:
            pass
        answer = head and self.read(struct.unpack("Q", head)[0], end)
        answer = pickle.loads(answer) if answer else "no answer"
        if isinstance(answer, str):
            self.close()
        return answer

    def close(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class Reduction:
    def __init__(self, name, first, second, end):
        self.name = name
        self.end = end
        self.first = Worker(first)
        self.second = Worker(second)
        self.generator = randoms.Generator(int(name.split(".")[1]))
        self.generator.build()
        self.data = randoms.input_data()
        self.runs = 0

    def ptx(self, removed):
        lines = self.generator.text
        dropped = set()
        for begin, end in removed:
            dropped.update(range(begin, end))
        body = "".join(line for i, line in enumerate(lines) if i not in dropped)
        return HEADER.format(version=VERSION, target=TARGET) + kernel(body, randoms.FUNCTIONS)

    def compute(self, worker, removed, level=None):
        self.runs += 1
        g = self.generator
        return worker.run(dict(ptx=self.ptx(removed).encode() + b"\0", input=self.data, output=96 * g.threads * g.blocks,
                               blocks=g.blocks, threads=g.threads, level=level))

    def differ(self, removed):
        wanted = self.compute(self.second, removed)
        got = self.compute(self.first, removed)
        # A driver that answers differently every time is another matter.
        return isinstance(wanted, bytes) and got != wanted and self.compute(self.first, removed) == got

    def reduce(self):
        removed = []
        changed = True
        while changed and time.monotonic() < self.end:
            changed = False
            for statement in sorted(set(self.generator.statements), key=lambda s: s[0] - s[1]):
                if time.monotonic() > self.end:
                    break
                if any(r[0] <= statement[0] and statement[1] <= r[1] for r in removed) or statement[0] == statement[1]:
                    continue
                if self.differ(removed + [statement]):
                    removed.append(statement)
                    changed = True
        return removed

    def run(self, directory):
        wanted = self.compute(self.second, [])
        got = self.compute(self.first, [])
        again = self.compute(self.first, [])
        plain = self.compute(self.first, [], 0)
        verdict = "same" if got == wanted else "differs"
        if got != again:
            verdict += ", not the same twice"
        verdict += "; unoptimised " + ("same" if plain == wanted else "differs")
        if got != wanted and got == again:
            removed = self.reduce()
            verdict += "; %d of %d lines left after %d runs" % (
                self.ptx(removed).count("\n"), self.ptx([]).count("\n"), self.runs)
            with open(os.path.join(directory, self.name + ".ptx"), "w") as file:
                file.write("// blocks %d, threads %d\n" % (self.generator.blocks, self.generator.threads) + self.ptx(removed))
            with open(os.path.join(directory, self.name + ".txt"), "w") as file:
                file.write(self.table(self.compute(self.first, removed), self.compute(self.second, removed),
                                      self.compute(self.first, removed, 0)))
        self.first.close()
        self.second.close()
        return "%s: %s" % (self.name, verdict)

    def table(self, got, wanted, plain):
        if not isinstance(got, bytes):
            return "first: %s; unoptimised: %s\n" % (got, plain if isinstance(plain, str) else "as the second"
                                                     if plain == wanted else "something else")
        names = ["r%d" % i for i in range(8)] + ["l%d.%s" % (i, h) for i in range(4) for h in ("low", "high")] + [
            "f%d" % i for i in range(4)] + ["e%d.%s" % (i, h) for i in range(2) for h in ("low", "high")]
        lines = ["unoptimised: " + ("as the second" if plain == wanted else "as the first" if plain == got else "neither")]
        for at in range(0, len(got), 4):
            one, other = (struct.unpack_from("I", x, at)[0] for x in (got, wanted))
            if one != other:
                lines.append("thread %d %s: first %08x second %08x" % (at // 96, names[at % 96 // 4], one, other))
        return "\n".join(lines[:200]) + "\n"


def names_of(words):
    for word in words:
        if word.startswith("@"):
            with open(word[1:]) as file:
                yield from (line.split()[0] for line in file if line.startswith("random."))
        else:
            yield word


def main():
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--first", required=True)
    parser.add_argument("--second", required=True)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--seconds", type=float, default=60, help="for one kernel's reduction")
    parser.add_argument("names", nargs="+")
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    os.environ["CUDA_CACHE_DISABLE"] = "1"

    def one(name):
        return Reduction(name, options.first, options.second, time.monotonic() + options.seconds).run(options.out)

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for line in pool.map(one, sorted(set(names_of(options.names)))):
            print(line, flush=True)


if __name__ == "__main__":
    main()
