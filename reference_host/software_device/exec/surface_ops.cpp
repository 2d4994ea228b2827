#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <limits>
#include <memory>
#include <type_traits>

#include "reference_host/software_device/exec/half_bits.hpp"
#include "reference_host/software_device/exec/texture_ops.hpp"
#include "reference_host/software_device/exec/warp.hpp"
#include "reference_host/software_device/image.hpp"

namespace vgpu::softdevice::exec {
namespace {

/// The surfaces of the lanes and the bytes that each accesses.
class LaneSurfaces {
 public:
  LaneSurfaces(Warp& warp, const Op& op, const SurfaceForm& form)
      : warp_(warp),
        op_(op),
        form_(form),
        codes_(warp.frame->function->extra.data() + op.extra),
        handles_(source<std::uint64_t>(warp, op.a)) {}

  const std::uint32_t* codes() const { return codes_; }
  const Image& image() const { return surface_->image; }

  /// Looks the lane's surface up. False with a fault raised when there is none.
  bool select(int lane) {
    if (surface_ != nullptr && handles_[lane] == handle_) return true;
    handle_ = handles_[lane];
    surface_ = images().surface(handle_);
    if (surface_ != nullptr) return true;
    raise_fault(warp_, op_, lane, CUDA_ERROR_ILLEGAL_ADDRESS,
                "there is no surface " + std::to_string(handle_));
    return false;
  }

  /// Where the lane's `size` bytes are; null where there is nothing to access, or with a fault
  /// raised. Of a formatted access `size` is the texel's.
  std::byte* locate(int lane, std::size_t size) {
    const Image& image = surface_->image;
    std::int64_t at[3] = {};
    for (std::size_t i = 0; i < 3; ++i) {
      const std::uint32_t code = codes_[surface_at + i];
      if (code != no_guard) at[i] = source<std::int32_t>(warp_, code)[lane];
    }
    const auto bytes = static_cast<std::int64_t>(size);
    if (form_.formatted) at[0] *= bytes;
    if (at[0] % bytes != 0) {
      raise_fault(warp_, op_, lane, CUDA_ERROR_MISALIGNED_ADDRESS,
                  "surface access of " + std::to_string(size) +
                      " bytes at x = " + std::to_string(at[0]) + " is not aligned");
      return nullptr;
    }
    const auto row = static_cast<std::int64_t>(image.width * image.texel_bytes());
    const std::int64_t limits[3] = {row - bytes, static_cast<std::int64_t>(image.height) - 1,
                                    static_cast<std::int64_t>(image.depth) - 1};
    for (std::size_t i = 0; i < 3; ++i) {
      if (at[i] >= 0 && at[i] <= limits[i]) continue;
      if (form_.edge == SurfaceEdge::trap) {
        raise_fault(warp_, op_, lane, CUDA_ERROR_LAUNCH_FAILED,
                    "surface access of " + std::to_string(size) + " bytes at x, y, z = " +
                        std::to_string(at[0]) + ", " + std::to_string(at[1]) + ", " +
                        std::to_string(at[2]) + " is outside the surface");
        return nullptr;
      }
      if (form_.edge == SurfaceEdge::zero || limits[i] < 0) return nullptr;
      at[i] = at[i] < 0 ? 0 : limits[i];
      if (i == 0) at[i] -= at[i] % bytes;
    }
    return reinterpret_cast<std::byte*>(
        image.data + static_cast<std::size_t>(at[2]) * image.slice_pitch +
        static_cast<std::size_t>(at[1]) * image.row_pitch + static_cast<std::size_t>(at[0]));
  }

 private:
  Warp& warp_;
  const Op& op_;
  const SurfaceForm& form_;
  const std::uint32_t* codes_;
  const std::uint64_t* handles_;
  std::uint64_t handle_ = 0;
  std::shared_ptr<const Surface> surface_;
};

void write_register(Warp& warp, std::uint32_t code, unsigned bytes_log2, int lane,
                    std::uint64_t value) {
  switch (bytes_log2) {
    case 1:
      destination<std::uint16_t>(warp, code)[lane] = static_cast<std::uint16_t>(value);
      break;
    case 2:
      destination<std::uint32_t>(warp, code)[lane] = static_cast<std::uint32_t>(value);
      break;
    default:
      destination<std::uint64_t>(warp, code)[lane] = value;
      break;
  }
}

std::uint64_t read_register(const Warp& warp, std::uint32_t code, unsigned bytes_log2, int lane) {
  switch (bytes_log2) {
    case 1:
      return source<std::uint16_t>(warp, code)[lane];
    case 2:
      return source<std::uint32_t>(warp, code)[lane];
    default:
      return source<std::uint64_t>(warp, code)[lane];
  }
}

/// The surface's format says whether the value has a sign, not the instruction's type (H200).
template <class Channel>
void store_saturated(std::byte* to, std::uint32_t value) {
  const std::int64_t wide = std::is_signed_v<Channel>
                                ? std::int64_t{static_cast<std::int32_t>(value)}
                                : std::int64_t{value};
  const auto stored = static_cast<Channel>(std::clamp<std::int64_t>(
      wide, std::numeric_limits<Channel>::min(), std::numeric_limits<Channel>::max()));
  std::memcpy(to, &stored, sizeof stored);
}

/// One channel of a formatted store.
void store_channel(std::byte* to, CUarray_format format, std::uint32_t value) {
  switch (format) {
    case CU_AD_FORMAT_UNSIGNED_INT8:
      return store_saturated<std::uint8_t>(to, value);
    case CU_AD_FORMAT_SIGNED_INT8:
      return store_saturated<std::int8_t>(to, value);
    case CU_AD_FORMAT_UNSIGNED_INT16:
      return store_saturated<std::uint16_t>(to, value);
    case CU_AD_FORMAT_SIGNED_INT16:
      return store_saturated<std::int16_t>(to, value);
    case CU_AD_FORMAT_HALF: {
      const std::uint16_t half = half_bits(single_value(value));
      std::memcpy(to, &half, sizeof half);
      return;
    }
    default:
      std::memcpy(to, &value, sizeof value);
      return;
  }
}

template <class T>
void reduce(std::byte* at, SurfaceReduction reduction, T value) {
  const std::atomic_ref<T> word(*reinterpret_cast<T*>(at));
  T old = word.load(std::memory_order_relaxed);
  T result = old;
  do {
    switch (reduction) {
      case SurfaceReduction::add:
        // Signed numbers wrap around as well.
        result = static_cast<T>(static_cast<std::make_unsigned_t<T>>(old) +
                                static_cast<std::make_unsigned_t<T>>(value));
        break;
      case SurfaceReduction::min:
        result = std::min(old, value);
        break;
      case SurfaceReduction::max:
        result = std::max(old, value);
        break;
      case SurfaceReduction::and_:
        result = static_cast<T>(old & value);
        break;
      case SurfaceReduction::or_:
        result = static_cast<T>(old | value);
        break;
    }
  } while (!word.compare_exchange_weak(old, result, std::memory_order_relaxed));
}

}  // namespace

void op_surface_load(Warp& warp, const Op& op, std::uint32_t mask) {
  const SurfaceForm form = SurfaceForm::unpack(op.aux);
  LaneSurfaces surfaces(warp, op, form);
  const std::size_t element = std::size_t{1} << form.element_log2;
  std::array<std::array<std::uint64_t, 4>, warp_size> results{};
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    if (!surfaces.select(lane)) return;
    const std::byte* from = surfaces.locate(lane, element * form.count);
    if (warp.fault) return;
    if (from == nullptr) continue;
    for (std::size_t i = 0; i < form.count; ++i) {
      std::memcpy(&results[static_cast<std::size_t>(lane)][i], from + i * element, element);
    }
  }
  for (std::size_t i = 0; i < form.count; ++i) {
    const std::uint32_t code = surfaces.codes()[surface_value + i];
    if (code == no_guard) continue;
    for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
      const int lane = std::countr_zero(rest);
      write_register(warp, code, form.register_log2, lane,
                     results[static_cast<std::size_t>(lane)][i]);
    }
  }
}

void op_surface_store(Warp& warp, const Op& op, std::uint32_t mask) {
  const SurfaceForm form = SurfaceForm::unpack(op.aux);
  LaneSurfaces surfaces(warp, op, form);
  const std::size_t element = std::size_t{1} << form.element_log2;
  for (; mask != 0; mask &= mask - 1) {
    const int lane = std::countr_zero(mask);
    if (!surfaces.select(lane)) return;
    const Image& image = surfaces.image();
    std::byte* to =
        surfaces.locate(lane, form.formatted ? image.texel_bytes() : element * form.count);
    if (warp.fault) return;
    if (to == nullptr) continue;
    const std::size_t count =
        form.formatted ? std::min<std::size_t>(form.count, image.channels) : form.count;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t value =
          read_register(warp, surfaces.codes()[surface_value + i], form.register_log2, lane);
      if (form.formatted) {
        store_channel(to + i * channel_bytes(image.format), image.format,
                      static_cast<std::uint32_t>(value));
      } else {
        std::memcpy(to + i * element, &value, element);
      }
    }
  }
}

void op_surface_reduce(Warp& warp, const Op& op, std::uint32_t mask) {
  const SurfaceForm form = SurfaceForm::unpack(op.aux);
  LaneSurfaces surfaces(warp, op, form);
  const std::size_t element = std::size_t{1} << form.element_log2;
  for (; mask != 0; mask &= mask - 1) {
    const int lane = std::countr_zero(mask);
    if (!surfaces.select(lane)) return;
    const Image& image = surfaces.image();
    if (form.formatted && image.texel_bytes() != element) {
      raise_fault(warp, op, lane, CUDA_ERROR_LAUNCH_FAILED,
                  "a formatted reduction needs texels of 32 bits");
      return;
    }
    std::byte* at = surfaces.locate(lane, element);
    if (warp.fault) return;
    if (at == nullptr) continue;
    const std::uint64_t value =
        read_register(warp, surfaces.codes()[surface_value], form.register_log2, lane);
    const bool is_signed =
        form.formatted ? image.format == CU_AD_FORMAT_SIGNED_INT32 : form.is_signed;
    if (element == 8 && is_signed) {
      reduce(at, form.reduction, static_cast<std::int64_t>(value));
    } else if (element == 8) {
      reduce(at, form.reduction, value);
    } else if (is_signed) {
      reduce(at, form.reduction, static_cast<std::int32_t>(value));
    } else {
      reduce(at, form.reduction, static_cast<std::uint32_t>(value));
    }
  }
}

}  // namespace vgpu::softdevice::exec
