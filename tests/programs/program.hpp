#pragma once
// What the test programs share: each is an ordinary CUDA runtime program, compiled by plain nvcc,
// that checks itself and exits with 0 only when everything was as CUDA documents it.

#include <cuda_runtime.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

inline int failures = 0;

/// Ends the program when a call that must work does not.
#define CHECK(call)                                                                   \
  do {                                                                                \
    const cudaError_t check_result = (call);                                          \
    if (check_result != cudaSuccess) {                                                \
      std::fprintf(stderr, "%s:%d: %s: %s (%s)\n", __FILE__, __LINE__, #call,         \
                   cudaGetErrorString(check_result), cudaGetErrorName(check_result)); \
      std::exit(1);                                                                   \
    }                                                                                 \
  } while (false)

/// Counts a failure and goes on.
#define EXPECT(condition)                                                          \
  do {                                                                             \
    if (!(condition)) {                                                            \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      ++failures;                                                                  \
    }                                                                              \
  } while (false)

/// Counts a failure when a call does not give this result; clears the runtime's last error.
#define EXPECT_RESULT(call, expected)                                                \
  do {                                                                               \
    const cudaError_t expect_result = (call);                                        \
    if (expect_result != (expected)) {                                               \
      std::fprintf(stderr, "%s:%d: %s gave %s, not %s\n", __FILE__, __LINE__, #call, \
                   cudaGetErrorName(expect_result), cudaGetErrorName(expected));     \
      ++failures;                                                                    \
    }                                                                                \
    (void)cudaGetLastError();                                                        \
  } while (false)

inline int finish(const char* name) {
  std::printf("%s: %s\n", name, failures == 0 ? "OK" : "FAILED");
  return failures == 0 ? 0 : 1;
}

template <class T>
bool all_equal(const T* values, size_t count, T expected) {
  for (size_t i = 0; i < count; ++i) {
    if (values[i] != expected) {
      std::fprintf(stderr, "element %zu of %zu differs\n", i, count);
      return false;
    }
  }
  return true;
}
