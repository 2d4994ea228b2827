#pragma once

/// \file
/// What ThreadSanitizer cannot see by itself. In builds without it all of this does nothing.

#if defined(__SANITIZE_THREAD__)
#define VGPU_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define VGPU_THREAD_SANITIZER 1
#endif
#endif

#if defined(VGPU_THREAD_SANITIZER)
#include <sanitizer/tsan_interface.h>
#endif

namespace vgpu::support {

/// Tells ThreadSanitizer of an order between two threads that another process makes: what comes
/// before a release() has happened for who comes after a later acquire(). Thread-safe.
class ForeignOrder {
 public:
  void release() noexcept {
#if defined(VGPU_THREAD_SANITIZER)
    __tsan_release(this);
#endif
  }
  void acquire() noexcept {
#if defined(VGPU_THREAD_SANITIZER)
    __tsan_acquire(this);
#endif
  }
};

}  // namespace vgpu::support
