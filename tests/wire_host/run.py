"""Runs the wire suite on the example host, and on what is broken of it.

    run.py whole VGPU_CONFORMANCE HOST_FOLDER unix|tcp   the example host: no test fails
    run.py broken VGPU_CONFORMANCE HOST_FOLDER           each break fails the test that is named for it
    run.py guests VGPU_CONFORMANCE HOST_FOLDER           a small guest passes, each break of it fails its test
    run.py program HOST_FOLDER PROGRAM...                a program of the driver API, with LD_LIBRARY_PATH as it is
"""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
LEAST_PASSED = 80  # of the tests that the example host claims
PATIENCE = "1500"  # milliseconds; a broken host may never answer
TOKEN = "example token"


class Host:
    """A host that listens at a URL of the scheme, until the end of the block."""

    def __init__(self, command, scheme, token=False):
        self.folder = tempfile.TemporaryDirectory()
        url = f"unix://{self.folder.name}/host" if scheme == "unix" else "tcp://127.0.0.1:0"
        command = [sys.executable, "-B", *command, "--listen", url]
        if token:
            file = pathlib.Path(self.folder.name, "token")
            file.write_text(TOKEN + "\n")
            command += ["--token-file", str(file)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        word, self.url = self.process.stdout.readline().split()
        assert word == "ready"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.folder.cleanup()


def environment():
    return {**os.environ, "VGPU_TOKEN": TOKEN}


def run_suite(conformance, report, *options, **more):
    command = [conformance, "wire", "--report", report, *options]
    done = subprocess.run(command, env=environment(), **more)
    path = pathlib.Path(report, "report.json")
    results = {}
    if path.exists():
        for group in json.loads(path.read_text())["objects"]:
            for entry in group["functions"]:
                results.update((test["name"], test["result"]) for test in entry["tests"])
    return done.returncode, results


def whole(conformance, folder, scheme):
    with Host([f"{folder}/host.py"], scheme, token=True) as host, tempfile.TemporaryDirectory() as report:
        code, results = run_suite(conformance, report, "--connect", host.url)
        passed = sum(result == "passed" for result in results.values())
        print(f"{passed} of {len(results)} passed; at least {LEAST_PASSED} are claimed")
        return 0 if code == 0 and passed >= LEAST_PASSED else 1


def list_breaks(script, folder):
    listed = subprocess.run([sys.executable, "-B", str(HERE / script), folder, "list"], check=True,
                            capture_output=True, text=True).stdout
    return [line.split() for line in listed.splitlines()]


def check_all(pairs, check):
    """Runs the checks, a few at a time; returns the exit code."""
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        problems = list(filter(None, pool.map(lambda pair: check(*pair), pairs)))
    for problem in problems:
        print("not noticed:", problem)
    print(f"noticed {len(pairs) - len(problems)} of {len(pairs)} breaks")
    return 1 if problems else 0


QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}


def verdict(name, test, code, results):
    """Says what is wrong, or nothing."""
    if code == 1 and results.get(test) == "failed":
        return ""
    return f"{name}: {test} {results.get(test, 'did not run')} (exit code {code})"


def check_break(conformance, folder, name, test):
    script = [str(HERE / "broken_host.py"), folder, name]
    with Host(script, "unix", token=True) as host, tempfile.TemporaryDirectory() as report:
        code, results = run_suite(conformance, report, "--connect", host.url, "--filter", test, "--jobs", "1",
                                  "--patience", PATIENCE, **QUIET)
        return verdict(name, test, code, results)


def broken(conformance, folder):
    pairs = list_breaks("broken_host.py", folder)
    return check_all(pairs, lambda name, test: check_break(conformance, folder, name, test))


def run_guest(conformance, folder, name, *options, **more):
    """Runs the suite on broken_guest.py."""
    guest = [sys.executable, "-B", str(HERE / "broken_guest.py"), folder, name]
    with tempfile.TemporaryDirectory() as report:
        return run_suite(conformance, report, "--listen", "unix", *options, "--", *guest, **more)


def guests(conformance, folder):
    pairs = list_breaks("broken_guest.py", folder)
    code, _ = run_guest(conformance, folder, "sound", "--filter", ":".join({test for _, test in pairs}))
    if code != 0:
        return code

    def check(name, test):
        return verdict(name, test, *run_guest(conformance, folder, name, "--filter", test, "--patience", PATIENCE,
                                              **QUIET))

    return check_all(pairs, check)


def program(folder, *command):
    with Host([f"{folder}/host.py"], "unix") as host:
        return subprocess.run(command, env={**os.environ, "VGPU_HOST": host.url}).returncode


if __name__ == "__main__":
    sys.exit({"whole": whole, "broken": broken, "guests": guests, "program": program}[sys.argv[1]](*sys.argv[2:]))
