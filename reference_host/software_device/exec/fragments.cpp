#include <map>
#include <mutex>
#include <tuple>

#include "reference_host/software_device/exec/matrix.hpp"

namespace vgpu::softdevice::exec {

namespace {

using Key = std::tuple<int, unsigned, unsigned, unsigned, int, int>;

/// Fragments are made when a kernel is decoded and kept: there are few.
template <class Place>
const FragmentMap& kept(const Key& key, unsigned elements, Place place) {
  static std::mutex mutex;
  static std::map<Key, FragmentMap> maps;
  const std::lock_guard lock(mutex);
  const auto [it, inserted] = maps.try_emplace(key);
  FragmentMap& map = it->second;
  if (!inserted) return map;
  map.elements = elements;
  map.places.resize(std::size_t{elements} * warp_size);
  for (unsigned element = 0; element < elements; ++element)
    for (unsigned lane = 0; lane < warp_size; ++lane)
      map.places[element * warp_size + lane] = static_cast<std::uint16_t>(place(element, lane));
  return map;
}

Key key_of(int family, const MatrixShape& shape, MatrixPart part, int variant) {
  return {family, shape.m, shape.n, shape.k, static_cast<int>(part), variant};
}

}  // namespace

const FragmentMap& mma_fragment(const MatrixShape& shape, MatrixPart part, MatrixType type) {
  // Eight groups of four lanes: a group has a row of A and of C (and the row 8 below), or a column
  // of B. A register holds `packed` elements that follow each other along k.
  const unsigned packed = elements_per_register(type);
  const Key key = key_of(0, shape, part, static_cast<int>(packed));
  switch (part) {
    case MatrixPart::a:
      return kept(key, shape.m * shape.k / warp_size, [&](unsigned element, unsigned lane) {
        const unsigned number = element / packed;
        const unsigned below = shape.m == 16 ? number & 1 : 0;
        const unsigned step = shape.m == 16 ? number >> 1 : number;
        const unsigned row = lane / 4 + 8 * below;
        const unsigned column = lane % 4 * packed + element % packed + step * 4 * packed;
        return row * shape.k + column;
      });
    case MatrixPart::b:
      return kept(key, shape.k * shape.n / warp_size, [&](unsigned element, unsigned lane) {
        const unsigned row = lane % 4 * packed + element % packed + element / packed * 4 * packed;
        return row * shape.n + lane / 4;
      });
    default:
      return kept(key_of(0, shape, part, 0), shape.m * shape.n / warp_size,
                  [&](unsigned element, unsigned lane) {
                    const unsigned row = lane / 4 + 8 * (element / 2);
                    return row * shape.n + lane % 4 * 2 + element % 2;
                  });
  }
}

const FragmentMap& quad_fragment(MatrixPart part, MatrixType type, bool row_major) {
  // Lanes 0-3 and 16-19 make the first product, 4-7 and 20-23 the second, ...
  const MatrixShape shape{8, 8, 4};
  const auto batch = [](unsigned lane) { return lane % 16 / 4; };
  const auto lower = [](unsigned lane) { return lane < 16 ? 0u : 4u; };
  const bool single = type == MatrixType::f32;
  const int variant = (row_major ? 1 : 0) + (single ? 2 : 0);
  const Key key = key_of(1, shape, part, variant);
  switch (part) {
    case MatrixPart::a:
      return kept(key, 4, [&](unsigned element, unsigned lane) {
        const unsigned row = (row_major ? lane % 4 : element) + lower(lane);
        const unsigned column = row_major ? element : lane % 4;
        return batch(lane) * 32 + row * 4 + column;
      });
    case MatrixPart::b:
      return kept(key, 4, [&](unsigned element, unsigned lane) {
        const unsigned row = row_major ? lane % 4 : element;
        const unsigned column = (row_major ? element : lane % 4) + lower(lane);
        return batch(lane) * 32 + row * 8 + column;
      });
    default:
      return kept(key, 8, [&](unsigned element, unsigned lane) {
        const unsigned row =
            single ? (lane & 1) + (element & 2) + lower(lane) : lane % 4 + lower(lane);
        const unsigned column = single ? (element & 4) + (lane & 2) + (element & 1) : element;
        return batch(lane) * 64 + row * 8 + column;
      });
  }
}

const FragmentMap& wmma_fragment(const MatrixShape& shape, MatrixPart part) {
  const Key key = key_of(2, shape, part, 0);
  switch (part) {
    case MatrixPart::a:
      return kept(key, shape.m * shape.k / warp_size, [&](unsigned element, unsigned lane) {
        return lane * (shape.m * shape.k / warp_size) + element;
      });
    case MatrixPart::b:
      return kept(key, shape.k * shape.n / warp_size, [&](unsigned element, unsigned lane) {
        const unsigned index = lane * (shape.k * shape.n / warp_size) + element;
        return index % shape.k * shape.n + index / shape.k;
      });
    default:
      return kept(key, shape.m * shape.n / warp_size, [&](unsigned element, unsigned lane) {
        return lane * (shape.m * shape.n / warp_size) + element;
      });
  }
}

}  // namespace vgpu::softdevice::exec
