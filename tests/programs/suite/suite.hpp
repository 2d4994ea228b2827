#pragma once
// What the programs of the suite share beside the checks: memory on the device, numbers to compute
// with.

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "../program.hpp"

/// An array on the device.
template <class T>
class Buffer {
 public:
  explicit Buffer(size_t count) : count_(count) {
    CHECK(cudaMalloc(&data_, count * sizeof(T)));
    CHECK(cudaMemset(data_, 0, count * sizeof(T)));
    // A fill of device memory does not wait, and streams that do not block would not wait for it.
    CHECK(cudaStreamSynchronize(cudaStreamLegacy));
  }
  explicit Buffer(const std::vector<T>& values) : Buffer(values.size()) {
    CHECK(cudaMemcpy(data_, values.data(), count_ * sizeof(T), cudaMemcpyHostToDevice));
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { cudaFree(data_); }

  operator T*() const { return data_; }
  size_t size() const { return count_; }
  /// Waits for what runs on the device, and fails if that failed.
  std::vector<T> read() const {
    CHECK(cudaGetLastError());
    std::vector<T> values(count_);
    CHECK(cudaMemcpy(values.data(), data_, count_ * sizeof(T), cudaMemcpyDeviceToHost));
    return values;
  }

 private:
  T* data_ = nullptr;
  size_t count_;
};

/// The same numbers on every machine.
class Random {
 public:
  explicit Random(uint64_t seed = 1) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}
  uint32_t next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state_ >> 33) ^ static_cast<uint32_t>(state_ >> 15);
  }
  /// In [low, high).
  double uniform(double low, double high) { return low + (high - low) * (next() / 4294967296.0); }
  int below(int limit) { return static_cast<int>(next() % static_cast<uint32_t>(limit)); }

 private:
  uint64_t state_;
};

template <class T>
std::vector<T> random_values(size_t count, double low, double high, uint64_t seed = 1) {
  Random random(seed);
  std::vector<T> values(count);
  for (T& value : values) value = static_cast<T>(random.uniform(low, high));
  return values;
}

inline bool close_to(double value, double expected, double tolerance) {
  return std::abs(value - expected) <= tolerance * std::max(1.0, std::abs(expected));
}

/// Whether every value is within `tolerance`, relative to those over 1 and absolute below; says
/// which one is not.
template <class A, class B>
bool all_close(const std::vector<A>& values, const std::vector<B>& expected, double tolerance) {
  if (values.size() != expected.size()) return false;
  for (size_t i = 0; i < values.size(); ++i) {
    if (close_to(static_cast<double>(values[i]), static_cast<double>(expected[i]), tolerance))
      continue;
    std::fprintf(stderr, "element %zu of %zu is %.9g, not %.9g\n", i, values.size(),
                 static_cast<double>(values[i]), static_cast<double>(expected[i]));
    return false;
  }
  return true;
}

inline int blocks_for(size_t count, int threads) {
  return static_cast<int>((count + threads - 1) / threads);
}
