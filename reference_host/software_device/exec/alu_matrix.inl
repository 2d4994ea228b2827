// Products of matrices. Included inside VGPU_ISA.

/// The largest dense matrices: 16x256 of b1 are words; else 16x64, and 32x8 or 16x16 results.
constexpr unsigned most_multiplicands = 16 * 128;
constexpr unsigned most_results = 256;

inline float float8_value(std::uint32_t bits, bool wide_exponent) {
  // e5m2 is the upper half of an f16; e4m3 has no infinities and one NaN.
  if (wide_exponent) return half_to_float(static_cast<std::uint16_t>(bits << 8));
  const float sign = bits & 0x80 ? -1.0f : 1.0f;
  const std::uint32_t exponent = bits >> 3 & 15;
  const std::uint32_t fraction = bits & 7;
  if (exponent == 15 && fraction == 7) return as_float(0x7fffffffu);
  if (exponent == 0) return sign * static_cast<float>(fraction) * 0x1p-9f;
  return sign * as_float((exponent + 120) << 23 | fraction << 20);
}

template <MatrixType type>
auto element_value(std::uint32_t bits) {
  if constexpr (type == MatrixType::f16) return double{half_to_float(std::uint16_t(bits))};
  if constexpr (type == MatrixType::bf16) return double{bfloat_to_float(std::uint16_t(bits))};
  if constexpr (type == MatrixType::tf32) return double{as_float(bits & 0xffffe000u)};
  if constexpr (type == MatrixType::f32) return double{as_float(bits)};
  if constexpr (type == MatrixType::e4m3) return double{float8_value(bits, false)};
  if constexpr (type == MatrixType::e5m2) return double{float8_value(bits, true)};
  if constexpr (type == MatrixType::s8) return std::int32_t{static_cast<std::int8_t>(bits)};
  if constexpr (type == MatrixType::u8) return std::int32_t{static_cast<std::uint8_t>(bits)};
  if constexpr (type == MatrixType::s4) return static_cast<std::int32_t>(bits << 28) >> 28;
  if constexpr (type == MatrixType::u4) return static_cast<std::int32_t>(bits & 15);
  if constexpr (type == MatrixType::s32) return static_cast<std::int32_t>(bits);
}

template <MatrixType type, class T>
void unpack_as(const Warp& warp, const std::vector<std::uint32_t>& codes, const FragmentMap& map,
               T* dense) {
  constexpr unsigned packed = elements_per_register(type);
  for (unsigned element = 0; element < map.elements; ++element) {
    const std::uint32_t* words = source<std::uint32_t>(warp, codes[element / packed]);
    const std::uint16_t* places = map.places.data() + element * warp_size;
    const unsigned shift = element % packed * element_bits(type) % 32;
    for (int lane = 0; lane < warp_size; ++lane)
      dense[places[lane]] = static_cast<T>(element_value<type>(words[lane] >> shift));
  }
}

/// The lanes' fragments as a dense matrix of double or int32.
template <class T>
void unpack_fragment(const Warp& warp, MatrixType type, const std::vector<std::uint32_t>& codes,
                     const FragmentMap& map, T* dense) {
  if constexpr (std::is_same_v<T, double>) {
    switch (type) {
      case MatrixType::f16:
        return unpack_as<MatrixType::f16>(warp, codes, map, dense);
      case MatrixType::bf16:
        return unpack_as<MatrixType::bf16>(warp, codes, map, dense);
      case MatrixType::tf32:
        return unpack_as<MatrixType::tf32>(warp, codes, map, dense);
      case MatrixType::e4m3:
        return unpack_as<MatrixType::e4m3>(warp, codes, map, dense);
      case MatrixType::e5m2:
        return unpack_as<MatrixType::e5m2>(warp, codes, map, dense);
      case MatrixType::f64:
        for (unsigned element = 0; element < map.elements; ++element) {
          const double* values = source<double>(warp, codes[element]);
          const std::uint16_t* places = map.places.data() + element * warp_size;
          for (int lane = 0; lane < warp_size; ++lane) dense[places[lane]] = values[lane];
        }
        return;
      default:
        return unpack_as<MatrixType::f32>(warp, codes, map, dense);
    }
  } else {
    switch (type) {
      case MatrixType::s8:
        return unpack_as<MatrixType::s8>(warp, codes, map, dense);
      case MatrixType::u8:
        return unpack_as<MatrixType::u8>(warp, codes, map, dense);
      case MatrixType::s4:
        return unpack_as<MatrixType::s4>(warp, codes, map, dense);
      case MatrixType::u4:
        return unpack_as<MatrixType::u4>(warp, codes, map, dense);
      default:
        return unpack_as<MatrixType::s32>(warp, codes, map, dense);
    }
  }
}

/// sums = a * b. Each sum takes its products in the order of k, whatever the instruction set.
template <class T>
void multiply_dense(const T* a, const T* b, T* sums, const MatrixShape& shape) {
  const unsigned n = shape.n;
  for (unsigned row = 0; row < shape.m; ++row) {
    T* const out = sums + row * n;
    for (unsigned column = 0; column < n; ++column) out[column] = 0;
    for (unsigned i = 0; i < shape.k; ++i) {
      const T factor = a[row * shape.k + i];
      const T* const from = b + i * n;
      for (unsigned column = 0; column < n; column += 8)
        VGPU_LANES for (unsigned j = 0; j < 8; ++j) out[column + j] += factor * from[column + j];
    }
  }
}

inline void store_singles(Warp& warp, const MatrixOp& matrix, const double* results,
                          std::uint32_t mask) {
  const FragmentMap& map = *matrix.d_map;
  for (unsigned element = 0; element < map.elements; ++element) {
    const std::uint16_t* places = map.places.data() + element * warp_size;
    float values[warp_size];
    for (int lane = 0; lane < warp_size; ++lane)
      values[lane] = canonical(static_cast<float>(results[places[lane]]));
    put(warp, matrix.d[element], values, mask);
  }
}

inline void store_halves(Warp& warp, const MatrixOp& matrix, const double* results,
                         std::uint32_t mask) {
  const FragmentMap& map = *matrix.d_map;
  for (unsigned element = 0; element < map.elements; element += 2) {
    const std::uint16_t* low = map.places.data() + element * warp_size;
    const std::uint16_t* high = low + warp_size;
    std::uint32_t values[warp_size];
    for (int lane = 0; lane < warp_size; ++lane)
      values[lane] = float_to_half(to_odd(results[low[lane]])) |
                     static_cast<std::uint32_t>(float_to_half(to_odd(results[high[lane]]))) << 16;
    put(warp, matrix.d[element / 2], values, mask);
  }
}

inline void product_of_floats(Warp& warp, const MatrixOp& matrix, std::uint32_t mask) {
  alignas(64) double a[most_multiplicands];
  alignas(64) double b[most_multiplicands];
  alignas(64) double c[most_results];
  alignas(64) double sums[most_results];
  const MatrixShape& shape = matrix.shape;
  unpack_fragment(warp, matrix.a_type, matrix.a, *matrix.a_map, a);
  unpack_fragment(warp, matrix.b_type, matrix.b, *matrix.b_map, b);
  unpack_fragment(warp, matrix.c_type, matrix.c, *matrix.c_map, c);
  for (unsigned batch = 0; batch < matrix.batches; ++batch)
    multiply_dense(a + batch * shape.m * shape.k, b + batch * shape.k * shape.n,
                   sums + batch * shape.m * shape.n, shape);
  const unsigned results = matrix.batches * shape.m * shape.n;
  for (unsigned i = 0; i < results; ++i) sums[i] += c[i];
  matrix.d_type == MatrixType::f16 ? store_halves(warp, matrix, sums, mask)
                                   : store_singles(warp, matrix, sums, mask);
}

inline void product_of_doubles(Warp& warp, const MatrixOp& matrix, std::uint32_t mask) {
  alignas(64) double a[most_results];
  alignas(64) double b[most_results];
  alignas(64) double c[most_results];
  const MatrixShape& shape = matrix.shape;
  unpack_fragment(warp, MatrixType::f64, matrix.a, *matrix.a_map, a);
  unpack_fragment(warp, MatrixType::f64, matrix.b, *matrix.b_map, b);
  unpack_fragment(warp, MatrixType::f64, matrix.c, *matrix.c_map, c);
  if (matrix.rounding != 0) {
    multiply_rounded(a, b, c, shape, matrix.rounding);
  } else {
    for (unsigned row = 0; row < shape.m; ++row)
      for (unsigned i = 0; i < shape.k; ++i)
        VGPU_LANES for (unsigned column = 0; column < 8; ++column) c[row * 8 + column] =
            __builtin_fma(a[row * shape.k + i], b[i * 8 + column], c[row * 8 + column]);
  }
  const FragmentMap& map = *matrix.d_map;
  for (unsigned element = 0; element < map.elements; ++element) {
    double values[warp_size];
    for (int lane = 0; lane < warp_size; ++lane)
      values[lane] = c[map.places[element * warp_size + static_cast<unsigned>(lane)]];
    put(warp, matrix.d[element], values, mask);
  }
}

inline void store_sums(Warp& warp, const MatrixOp& matrix, const std::int32_t* sums,
                       std::uint32_t mask) {
  std::int32_t c[most_results];
  unpack_fragment(warp, MatrixType::s32, matrix.c, *matrix.c_map, c);
  const FragmentMap& map = *matrix.d_map;
  for (unsigned element = 0; element < map.elements; ++element) {
    const std::uint16_t* places = map.places.data() + element * warp_size;
    std::int32_t values[warp_size];
    for (int lane = 0; lane < warp_size; ++lane) {
      const std::int64_t sum = std::int64_t{sums[places[lane]]} + c[places[lane]];
      values[lane] = static_cast<std::int32_t>(
          matrix.saturate ? std::clamp<std::int64_t>(sum, INT32_MIN, INT32_MAX) : sum);
    }
    put(warp, matrix.d[element], values, mask);
  }
}

inline void product_of_integers(Warp& warp, const MatrixOp& matrix, std::uint32_t mask) {
  alignas(64) std::int32_t a[most_multiplicands];
  alignas(64) std::int32_t b[most_multiplicands];
  alignas(64) std::int32_t sums[most_results];
  unpack_fragment(warp, matrix.a_type, matrix.a, *matrix.a_map, a);
  unpack_fragment(warp, matrix.b_type, matrix.b, *matrix.b_map, b);
  multiply_dense(a, b, sums, matrix.shape);
  store_sums(warp, matrix, sums, mask);
}

/// Single bits: a register is a run of 32 along k.
inline void product_of_bits(Warp& warp, const MatrixOp& matrix, std::uint32_t mask) {
  const MatrixShape& shape = matrix.shape;
  const unsigned words = shape.k / 32;
  std::uint32_t a[16 * 8] = {};
  std::uint32_t b[8 * 8] = {};
  std::int32_t sums[most_results];
  for (unsigned i = 0; i < matrix.a.size(); ++i) {
    const std::uint32_t* from = source<std::uint32_t>(warp, matrix.a[i]);
    for (unsigned lane = 0; lane < warp_size; ++lane) {
      const unsigned place = matrix.a_map->places[i * 32 * warp_size + lane];
      a[place / 32] = from[lane];
    }
  }
  for (unsigned i = 0; i < matrix.b.size(); ++i) {
    const std::uint32_t* from = source<std::uint32_t>(warp, matrix.b[i]);
    for (unsigned lane = 0; lane < warp_size; ++lane) {
      const unsigned place = matrix.b_map->places[i * 32 * warp_size + lane];
      b[place % shape.n * words + place / shape.n / 32] = from[lane];
    }
  }
  for (unsigned row = 0; row < shape.m; ++row) {
    for (unsigned column = 0; column < shape.n; ++column) {
      int sum = 0;
      for (unsigned i = 0; i < words; ++i) {
        const std::uint32_t x = a[row * words + i];
        const std::uint32_t y = b[column * words + i];
        sum += std::popcount(matrix.bits_and ? x & y : x ^ y);
      }
      sums[row * shape.n + column] = sum;
    }
  }
  store_sums(warp, matrix, sums, mask);
}

inline void multiply_matrices(Warp& warp, const MatrixOp& matrix, std::uint32_t mask) {
  switch (matrix.a_type) {
    case MatrixType::f64:
      return product_of_doubles(warp, matrix, mask);
    case MatrixType::b1:
      return product_of_bits(warp, matrix, mask);
    case MatrixType::s8:
    case MatrixType::u8:
    case MatrixType::s4:
    case MatrixType::u4:
      return product_of_integers(warp, matrix, mask);
    default:
      return product_of_floats(warp, matrix, mask);
  }
}
