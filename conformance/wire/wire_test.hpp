#pragma once

/// \file
/// How a wire test is written.

#include <gtest/gtest.h>

#include <stdexcept>

#include "wire/link.hpp"
#include "wire/target.hpp"

namespace vgpu::conformance::wire {

/// The peer does not claim what a test is about; the test is skipped with the reason.
class NotClaimed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Runs a test's body; a NotClaimed in it skips the test, any other exception fails it.
inline void run_wire_test(void (*body)()) {
  try {
    body();
  } catch (const NotClaimed& reason) {
    GTEST_SKIP() << reason.what();
  }
}

inline void need_socket() {
  if (target().is_shm()) throw NotClaimed("it is about bytes of a socket; the channel is a ring");
}
inline void need_ring() {
  if (!target().is_shm()) throw NotClaimed("it is about rings; the channel is a socket");
}

}  // namespace vgpu::conformance::wire

/// A test whose helpers may throw.
#define WIRE_TEST(suite, name)                                \
  static void suite##_##name();                               \
  TEST(suite, name) {                                         \
    ::vgpu::conformance::wire::run_wire_test(suite##_##name); \
  }                                                           \
  static void suite##_##name()
