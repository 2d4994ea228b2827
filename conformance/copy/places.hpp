#pragma once

/// \file
/// What the files of this folder copy from and to: memory of every kind with guard zones, and a
/// model of what a shaped copy has to leave behind.

#include <memory>

#include "fixture/fixture.hpp"

namespace vgpu::conformance {

using Bytes = std::vector<unsigned char>;

inline Bytes random_bytes(std::size_t count) {
  const auto words = random_vector<std::uint64_t>(count / 8 + 1);
  Bytes bytes(count);
  std::memcpy(bytes.data(), words.data(), count);
  return bytes;
}

/// Odd ones, a page, above what travels inside a message, above one and two lanes of a staging
/// area.
inline constexpr std::size_t copy_sizes[] = {
    1, 3, 255, 4'096, 65'537, (std::size_t{5} << 20) + 3, (std::size_t{9} << 20) + 1};

enum class Kind { pageable, pinned, managed, device };

inline const char* name_of(Kind kind) {
  constexpr const char* names[] = {"pageable", "pinned", "managed", "device"};
  return names[static_cast<int>(kind)];
}

/// The kinds of memory that the host sees, and all kinds, as far as the device claims them.
inline std::vector<Kind> host_kinds() {
  std::vector<Kind> kinds{Kind::pageable, Kind::pinned};
  if (device_attribute(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY) != 0) kinds.push_back(Kind::managed);
  return kinds;
}
inline std::vector<Kind> all_kinds() {
  std::vector<Kind> kinds = host_kinds();
  kinds.push_back(Kind::device);
  return kinds;
}

/// `bytes` of memory of a kind, filled with random data, between guard zones that read() checks.
class Place {
 public:
  Place(Kind kind, std::size_t bytes)
      : kind_(kind), bytes_(bytes), initial_(random_bytes(bytes + 2 * guard)) {
    switch (kind) {
      case Kind::pageable:
        pageable_ = initial_;
        base_ = reinterpret_cast<CUdeviceptr>(pageable_.data());
        return;
      case Kind::pinned:
        pinned_ = std::make_unique<PinnedMemory>(initial_.size());
        base_ = reinterpret_cast<CUdeviceptr>(pinned_->host());
        break;
      case Kind::managed:
        managed_ = std::make_unique<ManagedMemory>(initial_.size());
        base_ = managed_->address();
        break;
      case Kind::device:
        device_ = std::make_unique<DeviceMemory>(initial_.size());
        base_ = device_->address();
        write_device(base_, initial_.data(), initial_.size());
        return;
    }
    std::memcpy(reinterpret_cast<void*>(base_), initial_.data(), initial_.size());
  }

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] CUdeviceptr address() const noexcept { return base_ + guard; }
  [[nodiscard]] unsigned char* host() const noexcept {
    return reinterpret_cast<unsigned char*>(address());
  }
  /// What it held at first.
  [[nodiscard]] Bytes before() const { return inner(initial_); }
  /// What it holds now; fails the test when something was written outside. Waits for no stream.
  [[nodiscard]] Bytes read() const {
    Bytes now(initial_.size());
    if (kind_ == Kind::device) {
      read_device(now.data(), base_, now.size());
    } else {
      std::memcpy(now.data(), reinterpret_cast<const void*>(base_), now.size());
    }
    const auto end = static_cast<std::ptrdiff_t>(guard + bytes_);
    EXPECT_TRUE(std::equal(now.begin(), now.begin() + guard, initial_.begin()))
        << name_of(kind_) << " memory was written before its " << bytes_ << " bytes";
    EXPECT_TRUE(std::equal(now.begin() + end, now.end(), initial_.begin() + end))
        << name_of(kind_) << " memory was written behind its " << bytes_ << " bytes";
    return inner(now);
  }

 private:
  static constexpr std::ptrdiff_t guard = 1024;

  [[nodiscard]] Bytes inner(const Bytes& all) const {
    return {all.begin() + guard, all.begin() + guard + static_cast<std::ptrdiff_t>(bytes_)};
  }

  Kind kind_;
  std::size_t bytes_;
  Bytes initial_;
  Bytes pageable_;
  std::unique_ptr<PinnedMemory> pinned_;
  std::unique_ptr<ManagedMemory> managed_;
  std::unique_ptr<DeviceMemory> device_;
  CUdeviceptr base_ = 0;
};

/// The extent of a shaped copy, and one side of it.
struct Volume {
  std::size_t width = 1, rows = 1, slices = 1;
};
struct Layout {
  std::size_t x = 0, y = 0, z = 0, pitch = 0, height = 0;

  /// With some room on every side of the copied part; no room between slices of a 2D copy.
  static Layout random(const Volume& volume) {
    Layout layout;
    layout.x = random_below(9);
    layout.y = random_below(4);
    layout.pitch = layout.x + volume.width + random_below(20);
    if (volume.slices > 1) {
      layout.z = random_below(3);
      layout.height = layout.y + volume.rows + random_below(3);
    }
    return layout;
  }
  [[nodiscard]] std::size_t at(std::size_t row, std::size_t slice) const {
    return ((z + slice) * height + y + row) * pitch + x;
  }
  /// The end of what a copy touches.
  [[nodiscard]] std::size_t bytes(const Volume& volume) const {
    return at(volume.rows - 1, volume.slices - 1) + volume.width;
  }
};

/// What `target` has to hold after the copy.
inline Bytes copied(const Bytes& source, const Layout& from, Bytes target, const Layout& to,
                    const Volume& volume) {
  for (std::size_t slice = 0; slice < volume.slices; ++slice) {
    for (std::size_t row = 0; row < volume.rows; ++row) {
      std::memcpy(&target[to.at(row, slice)], &source[from.at(row, slice)], volume.width);
    }
  }
  return target;
}

/// The parameters of a shaped copy. `unified`: the driver finds out what the addresses are.
/// What does not matter for a memory type is filled with garbage.
template <class Copy>
Copy shaped(const Place& source, const Layout& from, const Place& target, const Layout& to,
            const Volume& volume, bool unified = false) {
  using Word = decltype(Copy::srcPitch);
  const auto type = [&](Kind kind) {
    if (unified) return CU_MEMORYTYPE_UNIFIED;
    const bool host = kind == Kind::pageable || kind == Kind::pinned;
    return host ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_DEVICE;
  };
  Copy copy{};
  copy.srcMemoryType = type(source.kind());
  copy.dstMemoryType = type(target.kind());
  copy.srcHost = garbage_handle<void*>();
  copy.dstHost = garbage_handle<void*>();
  copy.srcDevice = static_cast<decltype(Copy::srcDevice)>(garbage_address);
  copy.dstDevice = static_cast<decltype(Copy::dstDevice)>(garbage_address);
  if (copy.srcMemoryType == CU_MEMORYTYPE_HOST) {
    copy.srcHost = source.host();
  } else {
    copy.srcDevice = static_cast<decltype(Copy::srcDevice)>(source.address());
  }
  if (copy.dstMemoryType == CU_MEMORYTYPE_HOST) {
    copy.dstHost = target.host();
  } else {
    copy.dstDevice = static_cast<decltype(Copy::dstDevice)>(target.address());
  }
  copy.srcXInBytes = static_cast<Word>(from.x);
  copy.srcY = static_cast<Word>(from.y);
  copy.srcPitch = static_cast<Word>(from.pitch);
  copy.dstXInBytes = static_cast<Word>(to.x);
  copy.dstY = static_cast<Word>(to.y);
  copy.dstPitch = static_cast<Word>(to.pitch);
  copy.WidthInBytes = static_cast<Word>(volume.width);
  copy.Height = static_cast<Word>(volume.rows);
  if constexpr (requires { copy.Depth; }) {
    copy.srcZ = static_cast<Word>(from.z);
    copy.srcHeight = static_cast<Word>(from.height);
    copy.dstZ = static_cast<Word>(to.z);
    copy.dstHeight = static_cast<Word>(to.height);
    copy.Depth = static_cast<Word>(volume.slices);
  }
  return copy;
}

/// Makes two places with layouts of their own and copies between them: `call(parameters)` has to
/// succeed, `finish()` waits for it.
template <class Copy, class Call, class Finish>
void expect_shaped_copy(Kind from_kind, Kind to_kind, const Volume& volume, bool unified,
                        Call&& call, Finish&& finish) {
  SCOPED_TRACE(std::string(name_of(from_kind)) + " to " + name_of(to_kind) +
               (unified ? ", unified, " : ", ") + std::to_string(volume.width) + " x " +
               std::to_string(volume.rows) + " x " + std::to_string(volume.slices));
  const Layout from = Layout::random(volume);
  const Layout to = Layout::random(volume);
  const Place source(from_kind, from.bytes(volume));
  const Place target(to_kind, to.bytes(volume));
  const Copy copy = shaped<Copy>(source, from, target, to, volume, unified);
  EXPECT_CUDA_OK(call(copy));
  finish();
  EXPECT_TRUE(target.read() == copied(source.before(), from, target.before(), to, volume));
  EXPECT_TRUE(source.read() == source.before()) << "the source was written";
}

}  // namespace vgpu::conformance
