#pragma once

#include <string>
#include <utility>

#include "wire/guest_process.hpp"
#include "wire/server.hpp"

namespace vgpu::conformance::wire {

/// One run of the guest on a server.
struct GuestRun {
  explicit GuestRun(Deviation deviation = {}) : server(std::move(deviation)) {
    failure = guest.wait(3 * patience());
    if (!server.wait_for_end(3 * patience())) {
      failure += target().program.empty() ? "no guest came and went" : "it left channels open";
    }
  }

  /// Whether our own guest printed the line; true for any other, of which nothing is known.
  [[nodiscard]] bool said(const std::string& line) const {
    return !target().own_program || guest.said(line);
  }

  Server server;
  GuestProcess guest;
  std::string failure;  ///< empty: the guest ended by itself
};

/// A guest that is told wrong may fail, but it ends by itself, and our own comes to its last line.
inline void expect_survives(const GuestRun& run) {
  EXPECT_EQ(run.failure, "");
  EXPECT_TRUE(run.said("end")) << run.guest.output();
}

}  // namespace vgpu::conformance::wire
