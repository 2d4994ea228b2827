#include "wire/target.hpp"

#include <utility>

namespace vgpu::conformance::wire {

namespace {

Target& storage() {
  static Target the;
  return the;
}

}  // namespace

const Target& target() {
  return storage();
}

void set_target(Target target) {
  storage() = std::move(target);
}

}  // namespace vgpu::conformance::wire
