#include <dlfcn.h>

#include <filesystem>

#include "fixture/fixture.hpp"
#include "fixture/private_tables.hpp"
#include "fixture/processes.hpp"

// Programs of CUDA's runtime (conformance/programs/runtime_start.cu, built by plain nvcc) find the
// driver under test in LD_LIBRARY_PATH, as any unmodified program does.

namespace vgpu::conformance::test_runtime_start {

namespace fs = std::filesystem;

CONFORMANCE_SUITE(RuntimeStart, Uninitialised);

/// A program beside this one: lib/vgpu-conformance/ of an installation or of a build.
fs::path find_program(const std::string& name) {
  const fs::path here = fs::read_symlink("/proc/self/exe").parent_path();
  std::string looked;
  for (const fs::path& folder : {here.parent_path() / "lib", here / "lib"}) {
    fs::path candidate = folder / "vgpu-conformance" / name;
    if (fs::exists(candidate)) return candidate;
    looked += " " + candidate.string();
  }
  throw SetUpFailure(name + " is missing; looked for:" + looked);
}

/// A folder in which the driver under test is called libcuda.so.1.
class DriverFolder {
 public:
  DriverFolder() {
    Dl_info found{};
    if (::dladdr(reinterpret_cast<void*>(driver().cuInit), &found) == 0) {
      throw SetUpFailure("the driver's file is not to be found");
    }
    const fs::path library = fs::absolute(found.dli_fname);
    if (library.filename() == "libcuda.so.1") {
      path_ = library.parent_path();
      return;
    }
    std::string made = (fs::temp_directory_path() / "vgpu-conformance-XXXXXX").string();
    if (::mkdtemp(made.data()) == nullptr) throw SetUpFailure("cannot make " + made);
    path_ = made;
    temporary_ = true;
    fs::create_symlink(library, path_ / "libcuda.so.1");
  }
  ~DriverFolder() {
    std::error_code ignored;
    if (temporary_) fs::remove_all(path_, ignored);
  }
  DriverFolder(const DriverFolder&) = delete;
  DriverFolder& operator=(const DriverFolder&) = delete;

  /// The environment of a program that shall load this driver.
  [[nodiscard]] std::vector<std::string> environment() const {
    const char* before = std::getenv("LD_LIBRARY_PATH");
    return {"LD_LIBRARY_PATH=" + path_.string() +
            (before != nullptr ? ":" + std::string(before) : "")};
  }

 private:
  fs::path path_;
  bool temporary_ = false;
};

void expect_ok(const std::string& program, const std::vector<std::string>& more = {}) {
  const DriverFolder folder;
  auto environment = folder.environment();
  environment.insert(environment.end(), more.begin(), more.end());
  Process process = Process::program({find_program(program).string()}, environment);
  const int code = process.wait(60);
  EXPECT_EQ(process.output(), "ok\n");
  EXPECT_EQ(code, 0);
}

TEST_F(RuntimeStart, AStaticallyLinkedRuntime) {
  REQUIRE_RUNTIME_TABLES();
  expect_ok("runtime-start-static");
}

TEST_F(RuntimeStart, ASharedRuntime) {
  REQUIRE_RUNTIME_TABLES();
  expect_ok("runtime-start-shared");
}

TEST_F(RuntimeStart, LoadingEverythingAtOnce) {
  REQUIRE_RUNTIME_TABLES();
  expect_ok("runtime-start-static", {"CUDA_MODULE_LOADING=EAGER"});
}

TEST_F(RuntimeStart, ManyProcessesAtOnce) {
  REQUIRE_RUNTIME_TABLES();
  const DriverFolder folder;
  const std::string program = find_program("runtime-start-static").string();
  std::vector<Process> processes;
  for (int i = 0; i < 4; ++i) {
    processes.push_back(Process::program({program}, folder.environment()));
  }
  for (Process& process : processes) {
    EXPECT_EQ(process.wait(60), 0);
    EXPECT_EQ(process.output(), "ok\n");
  }
}

}  // namespace vgpu::conformance::test_runtime_start
