"""Runs the wire suite on the example host, and on what is broken of it.

    run.py whole VGPU_CONFORMANCE HOST_FOLDER unix|tcp   the example host: no test fails
    run.py broken VGPU_CONFORMANCE HOST_FOLDER           each break fails the test that is named for it
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
PATIENCE = "2000"  # milliseconds; a broken host may never answer
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


def run_suite(conformance, url, report, *options, **more):
    command = [conformance, "wire", "--connect", url, "--report", report, *options]
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
        code, results = run_suite(conformance, host.url, report)
        passed = sum(result == "passed" for result in results.values())
        print(f"{passed} of {len(results)} passed; at least {LEAST_PASSED} are claimed")
        return 0 if code == 0 and passed >= LEAST_PASSED else 1


def check_break(conformance, folder, name, test):
    """Says what is wrong, or nothing."""
    script = [str(HERE / "broken_host.py"), folder, name]
    with Host(script, "unix", token=True) as host, tempfile.TemporaryDirectory() as report:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
        code, results = run_suite(conformance, host.url, report, "--filter", test, "--jobs", "1",
                                  "--patience", PATIENCE, **quiet)
        if code == 1 and results.get(test) == "failed":
            return ""
        return f"{name}: {test} {results.get(test, 'did not run')} (exit code {code})"


def broken(conformance, folder):
    listed = subprocess.run([sys.executable, "-B", str(HERE / "broken_host.py"), folder, "list"], check=True,
                            capture_output=True, text=True).stdout
    pairs = [line.split() for line in listed.splitlines()]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        problems = list(filter(None, pool.map(lambda pair: check_break(conformance, folder, *pair), pairs)))
    for problem in problems:
        print("not noticed:", problem)
    print(f"noticed {len(pairs) - len(problems)} of {len(pairs)} breaks")
    return 1 if problems or len(pairs) < 30 else 0


def program(folder, *command):
    with Host([f"{folder}/host.py"], "unix") as host:
        return subprocess.run(command, env={**os.environ, "VGPU_HOST": host.url}).returncode


if __name__ == "__main__":
    sys.exit({"whole": whole, "broken": broken, "program": program}[sys.argv[1]](*sys.argv[2:]))
