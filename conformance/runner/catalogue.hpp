#pragma once

/// \file
/// The tests that are built into this program, and the functions of the schema they belong to.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace vgpu::conformance {

/// What a test is about.
enum class Suite {
  driver,      ///< a library shaped like libcuda.so.1
  wire_host,   ///< a host, over the wire
  wire_guest,  ///< a guest, over the wire
};

struct TestCase {
  std::string suite;
  std::string name;
  std::string file;  ///< relative to conformance/
  int line = 0;
  std::string symbol;  ///< the driver function it is about; empty for a scenario
  std::string
      object;  ///< the function's schema file ("memory"), "scenarios", or the group of a wire test

  [[nodiscard]] std::string id() const { return suite + "." + name; }
};

/// A function of the schema.
struct Function {
  std::string symbol;
  std::string object;
  std::string waiver;   ///< why it cannot be served at all
  bool served = false;  ///< by our guest
};

/// All tests of a suite whose id matches `filter`: patterns with * and ?, separated by ':', of
/// which one has to match; those after a '-' must not match ("cuMem*:-*.Slow*"). A pattern without
/// a dot means a whole suite and its `_fresh` one, or the whole id ("*Capture*"). Empty = all.
std::vector<TestCase> list_tests(std::string_view filter, Suite suite = Suite::driver);

/// All functions of the schema, by object.
std::vector<Function> list_functions();

/// Every test of such a suite has a process of its own.
bool is_fresh(std::string_view suite);

/// Whether `text` matches `pattern` with * and ?.
bool matches(std::string_view pattern, std::string_view text);

}  // namespace vgpu::conformance
