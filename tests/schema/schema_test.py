#!/usr/bin/env python3
"""The schema against the toolkit: every function, every symbol, every operation number, every served function.

Each rule is a function that returns its complaints; it is run on the schema as it is, where it must have none, and on
a schema with a planted fault, where it must have some.
"""

import csv
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from schema_text import read_calls, read_texts

HERE = Path(__file__).resolve().parent
SCHEMA = HERE.parents[1] / "include" / "vgpu" / "schema"
CUDA = Path(os.environ.get("VGPU_CUDA_ROOT", "/usr/local/cuda"))
HEADERS = ("cuda.h", "cudaProfiler.h", "cudaGL.h", "cudaEGL.h", "cudaVDPAU.h")
TYPEDEF_HEADERS = ("cudaTypedefs.h", "cudaProfilerTypedefs.h", "cudaGLTypedefs.h", "cudaEGLTypedefs.h",
                   "cudaVDPAUTypedefs.h")
FOREIGN_HEADERS = ("GL/gl.h", "EGL/egl.h", "EGL/eglext.h", "vdpau/vdpau.h")
FIRST_OPERATION = 256
BLOCK = 64


def preprocess(headers):
    """The headers after the preprocessor, older ABI variants included. What they take from GL, EGL and VDPAU does not
    matter here, so empty headers stand for those."""
    with tempfile.TemporaryDirectory() as folder:
        for name in FOREIGN_HEADERS:
            path = Path(folder) / name
            path.parent.mkdir(exist_ok=True)
            path.touch()
        source = "#define __CUDA_API_VERSION_INTERNAL\n" + "".join(f"#include <{name}>\n" for name in headers)
        command = [os.environ.get("CXX", "c++"), "-E", "-P", "-x", "c", "-I", folder, "-I", str(CUDA / "include"), "-"]
        return subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout


def declared_functions():
    """Name and C parameter list of every function that the headers declare."""
    found = re.findall(r"\bCUresult\s+(cu[A-Z]\w*)\s*\(([^;]*)\)\s*;", preprocess(HEADERS))
    return {name: re.sub(r"\s+", " ", parameters).strip() for name, parameters in found}


def parameter_types(parameters):
    """The types in a C parameter list, spelled one way."""
    if parameters in ("", "void"):
        return []
    without_names = [re.sub(r"\w+$", "", one.strip()).strip() for one in parameters.split(",")]
    return [re.sub(r"^unsigned(?=\*|$)", "unsigned int", re.sub(r"\s*\*\s*", "*", one)) for one in without_names]


def stub_symbols():
    for stub in (CUDA / "lib64/stubs/libcuda.so", CUDA / "lib/stubs/libcuda.so"):
        if stub.exists():
            listing = subprocess.run(["nm", "-D", "--defined-only", str(stub)], capture_output=True, text=True,
                                     check=True).stdout
            # Some stubs export the debugger's interface (cudadebugger.h), too.
            names = {line.split()[-1] for line in listing.splitlines()}
            return {name for name in names if name.startswith("cu") and not name.startswith("cudbg")}
    raise FileNotFoundError(f"no stub libcuda.so under {CUDA}")


def introductions():
    """(base symbol, CUDA version, per-thread form?) of every ABI variant that the toolkit has a function type for, on
    any operating system."""
    found = set()
    for header in TYPEDEF_HEADERS:
        text = (CUDA / "include" / header).read_text()
        for base, version, suffix in re.findall(r"\(CUDAAPI \*PFN_(cu\w+?)_v(\d+)(_pt[ds][sz])?\)", text):
            found.add((base, int(version), bool(suffix)))
    return found


def symbol_count(calls):
    count = {}
    for call in calls:
        for symbol in call.symbols:
            count[symbol] = count.get(symbol, 0) + 1
    return count


def missing_symbols(calls, wanted):
    return sorted(set(wanted) - set(symbol_count(calls)))


def unknown_symbols(calls, known):
    return sorted(set(symbol_count(calls)) - set(known))


def repeated_symbols(calls):
    return sorted(symbol for symbol, count in symbol_count(calls).items() if count > 1)


def wrong_parameters(calls, declared):
    """Exports whose parameters have other types in the schema than in the header."""
    complaints = []
    for call in calls:
        for export in call.exports:
            schema = parameter_types(export.get("parameters", call.values["parameters"]))
            if export["symbol"] in declared and schema != parameter_types(declared[export["symbol"]]):
                complaints.append(f"{export['symbol']}: {schema}")
    return complaints


def wrong_introductions(calls, expected):
    described = {(call.values["symbol"], export["since"], export.get("perThread", False))
                 for call in calls for export in call.exports}
    bases = {call.values["symbol"] for call in calls}
    return sorted(one for one in expected - described if one[0] in bases)


def wrong_operations(calls, committed):
    """`committed` is the text of operations.tsv."""
    rows = list(csv.reader(committed.splitlines(), delimiter="\t"))
    complaints = []
    numbers = [int(row[0]) for row in rows]
    if numbers != sorted(set(numbers)):
        complaints.append("operations.tsv is not sorted, or has a number twice")
    listed = {(int(number), name, symbol) for number, name, symbol in rows}
    used = [(call.values["operation"], call.name, call.values["symbol"]) for call in calls]
    complaints += [f"in the schema, not in operations.tsv: {one}" for one in sorted(set(used) - listed)]
    complaints += [f"in operations.tsv, not in the schema: {one}" for one in sorted(listed - set(used))]
    seen = set()
    for number, name, _ in used:
        if number in seen:
            complaints.append(f"{number} ({name}) stands twice in the schema")
        seen.add(number)
        if not FIRST_OPERATION <= number <= 0xffff:
            complaints.append(f"{number} ({name}) is out of range")
    blocks = {}
    for call in calls:
        owner = blocks.setdefault(call.values["operation"] // BLOCK, call.file)
        if owner != call.file:
            complaints.append(f"{call.file} uses a number of {owner}'s block: {call.values['operation']}")
    return complaints


def unserved(calls, wanted):
    """Of the functions that applications need: those that some side has no implementation of, older ABIs included."""
    by_symbol = {symbol: call for call in calls for symbol in call.symbols}
    complaints = []
    for symbol in wanted:
        call = by_symbol.get(symbol)
        if call is None:
            complaints.append(f"{symbol} is missing")
            continue
        local = call.values["callClass"] == "local"
        if call.values["guest"] == "none" or (call.values["host"] == "none" and not local):
            complaints.append(f"{symbol} is not served")
        complaints += [f"{export['symbol']}, an older form of {symbol}, is not served" for export in call.exports
                       if "parameters" in export and export.get("guest", "none") != "written"]
    return complaints


def wrong_fields(calls):
    """Fields of types that the rules of annotations.capnp exclude, and names of C parameters that do not exist."""
    allowed = re.compile(r"(Int|UInt)(8|16|32|64)|Float32|Text|Data|List\((Int32|UInt32|UInt64|Float32)\)")
    complaints = []
    for call in calls:
        parameters = call.parameter_names()
        for one in call.request + call.reply:
            where = f"{call.name}.{one.name}"
            if not allowed.fullmatch(one.type):
                complaints.append(f"{where} has type {one.type}")
            if "cName" in one.annotations and one.annotations["cName"] not in parameters:
                complaints.append(f"{where} names no C parameter: {one.annotations['cName']}")
            if one.type not in ("UInt64", "List(UInt64)") and {"handle", "creates"} & set(one.annotations):
                complaints.append(f"{where} is a handle of type {one.type}")
        if {"generated"} & {call.values["guest"], call.values["host"]}:
            tied = {one.annotations.get("cName", one.name) for one in call.request + call.reply}
            complaints += [f"{call.name} is generated, and has no field for {name}"
                           for name in parameters if name not in tied]
    return complaints


def wrong_implementations(calls):
    """Local calls have no host side; of all others both sides exist or neither does; a waived call has none."""
    complaints = []
    for call in calls:
        guest, host = call.values["guest"], call.values["host"]
        if (guest == "none") != (host == "none") and call.values["callClass"] != "local":
            complaints.append(f"{call.name}: guest {guest}, host {host}")
        if "waiver" in call.values and guest != "none":
            complaints.append(f"{call.name} is waived, and has guest {guest}")
    return complaints


class SchemaTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.texts = read_texts(SCHEMA)
        cls.calls = read_calls(cls.texts)
        cls.operations = (SCHEMA / "operations.tsv").read_text()
        cls.declared = declared_functions()
        cls.stub = stub_symbols()
        cls.introduced = introductions()
        cls.served = (HERE / "served_functions.txt").read_text().split()

    def planted(self, file, old, new):
        """The calls of the schema with one piece of its text replaced."""
        self.assertIn(old, self.texts[file])
        return read_calls({**self.texts, file: self.texts[file].replace(old, new, 1)})

    def test_toolkit_is_read(self):
        self.assertGreaterEqual(len(self.declared), 600)
        self.assertGreaterEqual(len(self.stub), 600)
        self.assertGreaterEqual(len(self.introduced), 400)
        self.assertEqual(len(self.served), 97)

    def test_every_declared_function_is_described(self):
        self.assertEqual(missing_symbols(self.calls, self.declared), [])
        fewer = self.planted("event.capnp", 'symbol = "cuEventQuery", since', 'symbol = "cuEventAsk", since')
        self.assertEqual(missing_symbols(fewer, self.declared), ["cuEventQuery"])
        self.assertEqual(unknown_symbols(fewer, set(self.declared) | self.stub), ["cuEventAsk"])

    def test_every_stub_symbol_is_described(self):
        self.assertEqual(missing_symbols(self.calls, self.stub), [])
        fewer = self.planted("memory.capnp", 'symbol = "cuMemAlloc_v2"', 'symbol = "cuMemAlloc_v9"')
        self.assertEqual(missing_symbols(fewer, self.stub), ["cuMemAlloc_v2"])

    def test_nothing_is_invented(self):
        self.assertEqual(unknown_symbols(self.calls, set(self.declared) | self.stub), [])

    def test_no_symbol_twice(self):
        self.assertEqual(repeated_symbols(self.calls), [])
        twice = self.planted("memory.capnp", 'symbol = "cuMemAlloc_v2"', 'symbol = "cuMemFree_v2"')
        self.assertEqual(repeated_symbols(twice), ["cuMemFree_v2"])

    def test_parameters_as_declared(self):
        self.assertEqual(wrong_parameters(self.calls, self.declared), [])
        for other in ("CUdeviceptr *dptr", "CUdeviceptr *dptr, unsigned int bytesize"):
            changed = self.planted("memory.capnp", "CUdeviceptr *dptr, size_t bytesize", other)
            self.assertNotEqual(wrong_parameters(changed, self.declared), [])

    def test_introduced_when_the_toolkit_says(self):
        self.assertEqual(wrong_introductions(self.calls, self.introduced), [])
        later = self.planted("memory.capnp", '"cuMemAlloc_v2", since = 3020', '"cuMemAlloc_v2", since = 4000')
        self.assertEqual(wrong_introductions(later, self.introduced), [("cuMemAlloc", 3020, False)])

    def test_operation_numbers(self):
        self.assertEqual(wrong_operations(self.calls, self.operations), [])
        number = next(call.values["operation"] for call in self.calls if call.name == "EventQuery")
        taken = next(call.values["operation"] for call in self.calls if call.name == "EventRecord")
        for other in (str(number + 40), str(taken), "5", str(FIRST_OPERATION + 40)):
            moved = self.planted("event.capnp", f"operation = {number},", f"operation = {other},")
            self.assertNotEqual(wrong_operations(moved, self.operations), [])
        line = f"{number}\tEventQuery\tcuEventQuery\n"
        self.assertIn(line, self.operations)
        self.assertNotEqual(wrong_operations(self.calls, self.operations.replace(line, "")), [])
        self.assertNotEqual(wrong_operations(self.calls, self.operations + line), [])

    def test_what_applications_call_is_served(self):
        self.assertEqual(unserved(self.calls, self.served), [])
        old = self.texts["module.capnp"]
        without = read_calls({**self.texts, "module.capnp": old.replace("guest = written", "guest = none")})
        self.assertIn("cuModuleUnload is not served", unserved(without, self.served))
        self.assertEqual(unserved(self.calls, ["cuNothing"]), ["cuNothing is missing"])

    def test_fields(self):
        self.assertEqual(wrong_fields(self.calls), [])
        self.assertNotEqual(wrong_fields(self.planted("event.capnp", "hEvent @0 :UInt64", "hEvent @0 :Bool")), [])
        self.assertNotEqual(wrong_fields(self.planted("event.capnp", 'cName("Flags")', 'cName("flag")')), [])
        self.assertNotEqual(wrong_fields(self.planted("memset.capnp", "uc @1", "value @1")), [])

    def test_both_sides_or_neither(self):
        self.assertEqual(wrong_implementations(self.calls), [])
        one = self.planted("event.capnp", "host = generated", "host = none")
        self.assertNotEqual(wrong_implementations(one), [])

    def test_every_file_compiles(self):
        files = [str(SCHEMA / name) for name in self.texts]
        done = subprocess.run(["capnp", "compile", "-o-", f"--src-prefix={SCHEMA}", "-I", str(SCHEMA), *files],
                              capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr.decode())


if __name__ == "__main__":
    unittest.main()
