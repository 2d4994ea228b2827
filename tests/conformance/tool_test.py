"""vgpu-conformance itself: reports, progress, compare, missing. VGPU_STAGE is an installation."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as xml

STAGE = pathlib.Path(os.environ["VGPU_STAGE"])
SOURCE = pathlib.Path(os.environ["VGPU_SOURCE"])
PROGRAM = STAGE / "bin/vgpu-conformance"
DEVICE = STAGE / "lib/libvgpu-softdevice.so"
MUTANT = STAGE / "lib/vgpu-conformance/libmutant.so"

# Tests that pass, some that the software device has not the capability for, one in a process of its own.
SUITES = "cuDeviceGetName:cuCtxGetCurrent:cuOccupancyMaxActiveClusters"


def run(*arguments, **environment):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, errors="replace", check=False,
                          env={**os.environ, **environment})


def tests_of(report):
    return {test["name"]: test for entry in report["objects"] for function in entry["functions"]
            for test in function["tests"]}


class Report(unittest.TestCase):
    """One run on the software device, one on a wrong one."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(cls.folder.name)
        cls.good_folder, cls.bad_folder = folder / "good", folder / "bad"
        cls.good = run("--driver", DEVICE, "--filter", SUITES, "--report", cls.good_folder, "--seed", 7)
        cls.bad = run("--driver", MUTANT, "--filter", SUITES, "--report", cls.bad_folder, "--seed", 7,
                      VGPU_MUTANT_DRIVER=str(DEVICE), VGPU_MUTANT="device.a_name_without_an_end")
        cls.good_report = json.loads((cls.good_folder / "report.json").read_text())
        cls.bad_report = json.loads((cls.bad_folder / "report.json").read_text())

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_exit_code_says_whether_a_test_failed(self):
        self.assertEqual(self.good.returncode, 0, self.good.stderr)
        self.assertEqual(self.bad.returncode, 1, self.bad.stderr)

    def test_progress_names_failures_as_they_happen(self):
        self.assertIn("FAILED cuDeviceGetName.", self.bad.stderr)
        self.assertNotIn("FAILED", self.good.stderr)
        self.assertRegex(self.good.stderr, r"\d+ tests in .* 0 failed, [1-9]\d* skipped")

    def test_json_counts_what_it_lists(self):
        for report in self.good_report, self.bad_report:
            tests = tests_of(report)
            counted = {result: sum(test["result"] == result for test in tests.values())
                       for result in ("passed", "failed", "skipped")}
            self.assertEqual({name: report["totals"][name] for name in counted}, counted)
            self.assertEqual(report["totals"]["executed"], counted["passed"] + counted["failed"])
            self.assertGreater(counted["passed"], 10)
            self.assertGreater(counted["skipped"], 0)

    def test_skips_have_a_reason_and_failures_a_place_and_a_message(self):
        for test in tests_of(self.bad_report).values():
            if test["result"] == "skipped":
                self.assertIn("CU_DEVICE_ATTRIBUTE_", test["reason"])
            if test["result"] == "failed":
                self.assertRegex(test["place"], r"^device/cuDeviceGetName\.cpp:\d+$")
                self.assertTrue(test["messages"])
                self.assertIn("--seed 7", "".join(test["messages"]))

    def test_target_and_device_are_named(self):
        report = self.good_report
        self.assertEqual(report["target"]["driver"], str(DEVICE))
        self.assertEqual(report["device"]["driver_version"], 13000)
        self.assertTrue(report["device"]["name"])
        self.assertRegex(report["suite"]["version"], r"^\d+\.\d+\.\d+$")
        self.assertIn("No claim", report["claim"]["text"])  # of a part of the suite

    def test_functions_without_a_test_are_listed_too(self):
        functions = {function["symbol"]: function for entry in self.good_report["objects"]
                     for function in entry["functions"]}
        self.assertGreater(len(functions), 440)
        self.assertEqual(functions["cuMemAlloc"]["tests"], [])
        self.assertIn("waiver", functions["cuEGLStreamConsumerConnect"])

    def test_junit_is_well_formed_and_counts_right(self):
        for folder, report in (self.good_folder, self.good_report), (self.bad_folder, self.bad_report):
            root = xml.parse(folder / "junit.xml").getroot()
            self.assertEqual(root.tag, "testsuites")
            cases = root.findall("testsuite/testcase")
            self.assertEqual({f"{suite.get('name')}.{case.get('name')}" for suite in root for case in suite},
                             set(tests_of(report)))
            for element, below in (root, cases), *((suite, suite.findall("testcase")) for suite in root):
                self.assertEqual(int(element.get("tests")), len(below))
                self.assertEqual(int(element.get("failures")), sum(case.find("failure") is not None for case in below))
                self.assertEqual(int(element.get("skipped")), sum(case.find("skipped") is not None for case in below))
            for case in cases:
                self.assertTrue((SOURCE / "conformance" / case.get("file")).is_file())
                self.assertGreaterEqual(float(case.get("time")), 0)
                if case.find("failure") is not None:
                    self.assertTrue(case.find("failure").get("message"))
                if case.find("skipped") is not None:
                    self.assertTrue(case.find("skipped").get("message"))

    def test_page_holds_the_whole_report_and_needs_nothing_else(self):
        for folder, report in (self.good_folder, self.good_report), (self.bad_folder, self.bad_report):
            page = (folder / "report.html").read_text()
            data = re.search(r'<script type="application/json" id="report">(.*?)</script>', page, re.S)
            self.assertEqual(json.loads(data.group(1)), report)
            frame = page.replace(data.group(1), "")
            self.assertNotRegex(frame, r"https?://|\bsrc=|@import|url\(|\bfetch\(|<link")


class DyingProcess(unittest.TestCase):
    """A driver that takes its process down and prints what is no text."""

    SOURCE = r"""
#include <stdlib.h>
#include <unistd.h>
int cuDriverGetVersion(int* version) { return *version = 13000, 0; }
int cuInit(unsigned flags) {
  if (flags == 0) return 100;
  (void)!write(2, "last words \377\376\001\n", 15);
  abort();
}
"""

    def test_it_fails_its_test_and_the_reports_stay_valid(self):
        with tempfile.TemporaryDirectory() as folder:
            source, library = pathlib.Path(folder) / "driver.c", pathlib.Path(folder) / "driver.so"
            source.write_text(self.SOURCE)
            subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-o", library, source], check=True)
            result = run("--driver", library, "--filter", "cuInit_fresh.RefusesFlags", "--report", folder)
            self.assertEqual(result.returncode, 1, result.stderr)
            test, = tests_of(json.loads((pathlib.Path(folder) / "report.json").read_text())).values()
            self.assertIn("SIGABRT", test["messages"][0])
            self.assertIn("last words", test["messages"][0])
            case, = xml.parse(pathlib.Path(folder) / "junit.xml").getroot().findall("testsuite/testcase")
            self.assertIn("SIGABRT", case.find("failure").get("message"))


class Compare(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def report(self, file, tests, **device):
        """tests: name -> result, or (result, reason)"""
        entries = []
        for test, result in tests.items():
            entry = {"name": test, "result": result}
            if isinstance(result, tuple):
                entry["result"], entry["reason"] = result
            entries.append(entry)
        path = self.folder / file
        path.write_text(json.dumps({
            "suite": {"name": "vgpu-conformance", "version": "1.2.3"}, "filter": "",
            "target": {"driver": file, "host": ""}, "device": {"name": "device", **device},
            "objects": [{"name": "object", "functions": [{"symbol": "cuF", "tests": entries}]}]}))
        return path

    def compare(self, first, second, reasons=None):
        arguments = ["compare", first, second]
        if reasons is not None:
            path = self.folder / "reasons.json"
            path.write_text(json.dumps(reasons))
            arguments += ["--reasons", path]
        return run(*arguments)

    def test_equal_reports_do_not_differ(self):
        report = self.report("a", {"cuF.One": "passed", "cuF.Two": ("skipped", "no such thing"), "cuF.Three": "failed"})
        result = self.compare(report, report)
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("0 difference(s), 0 without a reason", result.stdout)

    def test_every_difference_is_printed(self):
        first = self.report("a", {"cuF.Same": "passed", "cuF.Worse": "passed", "cuF.Better": "failed",
                                  "cuF.OnlyFirst": "passed", "cuF.Skip": ("skipped", "this")})
        second = self.report("b", {"cuF.Same": "passed", "cuF.Worse": "failed", "cuF.Better": "passed",
                                   "cuF.OnlySecond": "passed", "cuF.Skip": ("skipped", "that")}, name="another")
        result = self.compare(first, second)
        self.assertEqual(result.returncode, 1)
        lines = result.stdout.splitlines()
        for name in "cuF.Worse", "cuF.Better", "cuF.OnlyFirst", "cuF.OnlySecond", "cuF.Skip", "device.name":
            self.assertIn(name, lines)
        self.assertNotIn("cuF.Same", lines)
        self.assertIn("6 difference(s), 5 without a reason", result.stdout)

    def test_a_skip_explains_a_pass_and_not_a_failure(self):
        skipped = self.report("a", {"cuF.One": ("skipped", "the device does not claim it")})
        result = self.compare(skipped, self.report("b", {"cuF.One": "passed"}))
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("reason: the device does not claim it", result.stdout)
        self.assertEqual(self.compare(skipped, self.report("c", {"cuF.One": "failed"})).returncode, 1)

    def test_reasons_come_from_a_file(self):
        first = self.report("a", {"cuF.One": "passed", "cuG.One": "passed"}, memory_bytes=1)
        second = self.report("b", {"cuF.One": "failed", "cuG.One": "failed"}, memory_bytes=2)
        part = self.compare(first, second, {"cuF.*": "because", "device.memory_bytes": "a quota", "cuH.*": "long gone"})
        self.assertEqual(part.returncode, 1)
        self.assertIn("3 difference(s), 1 without a reason", part.stdout)
        self.assertIn("reason: because", part.stdout)
        self.assertIn("unused reason: cuH.*", part.stdout)
        whole = self.compare(first, second, {"cu?.One": "because", "device.*": "a quota"})
        self.assertEqual(whole.returncode, 0, whole.stdout)

    def test_files_that_are_no_reports_are_refused(self):
        report = self.report("a", {})
        broken = self.folder / "broken"
        broken.write_text('{"objects": 3}')
        for other in self.folder / "missing", broken:
            result = self.compare(report, other)
            self.assertEqual(result.returncode, 2)
            self.assertIn(other.name, result.stderr)


class Missing(unittest.TestCase):
    def test_a_served_function_without_a_file_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder)
            for path in (SOURCE / "conformance").glob("*/*.cpp"):
                (source / path.parent.name).mkdir(exist_ok=True)
                (source / path.parent.name / path.name).touch()
            self.assertEqual(run("missing", "--source", source).returncode, 0)
            (source / "memory/cuMemAlloc.cpp").unlink()
            result = run("missing", "--source", source)
            self.assertEqual(result.returncode, 1)
            self.assertIn("memory/cuMemAlloc.cpp", result.stdout)


class SelfTest(unittest.TestCase):
    def test_lists_its_mutants(self):
        result = run("self-test", "--list")
        self.assertEqual(result.returncode, 0)
        self.assertGreaterEqual(int(re.search(r"(\d+) mutants", result.stdout).group(1)), 40)

    def test_refuses_a_mutant_that_does_not_exist(self):
        result = run("self-test", "--mutant", "memory.no_such_thing")
        self.assertEqual(result.returncode, 2)
        self.assertIn("memory.no_such_thing", result.stderr)

    def test_a_mutant_that_no_test_notices_survives(self):
        # The software device has no tables for CUDA's runtime, so the tests that would notice are skipped.
        result = run("self-test", "--mutant", "primary_context.no_destructors", "--driver", DEVICE)
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn("SURVIVED  primary_context.no_destructors", result.stdout)
        self.assertIn("killed 0 of 1", result.stdout)

    def test_tests_that_fail_without_a_mutant_kill_none(self):
        result = run("self-test", "--mutant", "device.a_name_without_an_end", "--driver", MUTANT)
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn("killed 0 of 1", result.stdout)


class Usage(unittest.TestCase):
    def test_a_filter_means_suites_and_tests(self):
        listed = lambda text: set(run("--driver", DEVICE, "--list", "--filter", text).stdout.split())
        self.assertIn("cuInit_fresh.RefusesFlags", listed("cuInit"))
        self.assertIn("cuInit_fresh.RefusesFlags", listed("*sesFla*:-cuMem*"))
        self.assertNotIn("cuInit_fresh.RefusesFlags", listed("cuInit:-*Flags"))

    def test_a_filter_without_a_test_is_an_error(self):
        result = run("--driver", DEVICE, "--filter", "cuNoSuchFunction")
        self.assertEqual(result.returncode, 2)
        self.assertIn("cuNoSuchFunction", result.stderr)

    def test_a_library_that_is_none_is_an_error(self):
        result = run("--driver", SOURCE / "README.md", "--filter", "cuInit")
        self.assertEqual(result.returncode, 2)
        self.assertIn("README.md", result.stderr)


if __name__ == "__main__":
    unittest.main()
