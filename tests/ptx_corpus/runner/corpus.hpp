#pragma once

/// \file
/// The corpus as `generate.py` writes it (an index in words and a blob) and the expectations that
/// `ptx-corpus record` writes (one file a family).

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vgpu::ptx_corpus {

/// How a part of a case's output is compared. All of it is compared bit by bit when a case has
/// none.
struct Rule {
  /// low16: the lower halves of words.
  enum class Kind { bits, low16, f16, bf16, f32, f64 };
  Kind kind = Kind::bits;
  std::size_t offset = 0;  ///< bytes
  std::size_t count = 0;   ///< elements; bytes for `bits`
  double relative = 0;     ///< allowed, of the expected value
  double absolute = 0;     ///< allowed
  double ulps = 0;         ///< allowed, in units of the expected value's last place
};

/// A CUDA array, mipmapped when `levels` is above 1, with its content.
struct ArraySpec {
  std::size_t width = 0;
  std::size_t height = 0;
  std::size_t depth = 0;
  unsigned flags = 0;   ///< CUDA_ARRAY3D_*
  unsigned format = 0;  ///< CUarray_format
  unsigned channels = 1;
  unsigned levels = 1;
  std::span<const std::byte> content;  ///< level after level
  bool read_back = false;              ///< its content is appended to the output
};

/// What a kernel parameter after the two buffers refers to.
struct ObjectSpec {
  bool surface = false;
  /// Index into the case's arrays; -1: the input buffer itself as linear memory of `linear_texels`.
  int array = 0;
  std::size_t linear_texels = 0;
  unsigned linear_format = 0;
  unsigned linear_channels = 1;
  unsigned address_mode = 0;  ///< CUaddress_mode, in every dimension
  unsigned filter = 0;        ///< CUfilter_mode
  unsigned flags = 0;         ///< CU_TRSF_*
  float max_level = 0;        ///< of a mipmapped array
  float border[4] = {0, 0, 0, 0};
};

/// One kernel `k(in, out, objects...)` with its input.
struct Case {
  std::string name;
  std::string family;
  std::string_view ptx;
  std::span<const std::byte> input;
  std::size_t output_size = 0;
  unsigned grid[3] = {1, 1, 1};
  unsigned block[3] = {1, 1, 1};
  unsigned shared = 0;
  bool cooperative = false;
  bool only_hash = false;  ///< the expectation is a hash of the output
  std::vector<Rule> rules;
  std::vector<ArraySpec> arrays;
  std::vector<ObjectSpec> objects;
  std::vector<std::string> forms;  ///< instructions in it, with their modifiers
};

/// A form of an instruction that the corpus has to cover, or the reason why it does not.
struct Form {
  std::string name;
  std::string explanation;
};

struct Corpus {
  std::string index;
  std::string blob;
  std::vector<Case> cases;
  std::vector<Form> inventory;
};

/// Reads DIR/corpus.idx and DIR/corpus.blob; throws std::runtime_error.
Corpus read_corpus(const std::string& directory);

/// Identifies what a case does, so that an expectation of another version of it is not used.
std::uint64_t identity(const Case& item);

/// FNV-1a.
std::uint64_t hash_bytes(std::span<const std::byte> bytes, std::uint64_t seed = 0xcbf29ce484222325);

/// What the recording device answered: the launch's CUresult and the output, or its hash.
struct Expectation {
  std::uint64_t identity = 0;
  std::uint32_t status = 0;
  bool only_hash = false;
  std::vector<std::byte> output;
};

/// By case name.
using Expectations = std::map<std::string, Expectation>;

/// Reads every DIR/*.bin; throws std::runtime_error on a damaged file.
Expectations read_expectations(const std::string& directory);

/// Writes DIR/FAMILY.bin.
void write_expectations(const std::string& directory, const std::string& family,
                        const Expectations& expectations);

/// Compares an output with what was recorded. \return the first difference in words, or nothing.
std::optional<std::string> difference(const Case& item, const Expectation& expected,
                                      std::span<const std::byte> output);

}  // namespace vgpu::ptx_corpus
