#include "corpus.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace vgpu::ptx_corpus {

namespace {

constexpr std::string_view magic = "VGPUPTX1";

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string_view part(const std::string& blob, std::istringstream& words) {
  std::size_t offset = 0;
  std::size_t size = 0;
  words >> offset >> size;
  if (!words || offset > blob.size() || size > blob.size() - offset)
    throw std::runtime_error("the corpus names a part outside its blob");
  return std::string_view(blob).substr(offset, size);
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

Rule read_rule(std::istringstream& words) {
  static const std::map<std::string, Rule::Kind> kinds = {
      {"bits", Rule::Kind::bits}, {"low16", Rule::Kind::low16}, {"f16", Rule::Kind::f16},
      {"bf16", Rule::Kind::bf16}, {"f32", Rule::Kind::f32},     {"f64", Rule::Kind::f64}};
  std::string kind;
  Rule rule;
  words >> kind >> rule.offset >> rule.count >> rule.relative >> rule.absolute >> rule.ulps;
  rule.kind = kinds.at(kind);
  return rule;
}

ArraySpec read_array(const std::string& blob, std::istringstream& words) {
  ArraySpec array;
  words >> array.width >> array.height >> array.depth >> array.flags >> array.format >>
      array.channels >> array.levels >> array.read_back;
  array.content = bytes_of(part(blob, words));
  return array;
}

ObjectSpec read_object(const std::string& word, std::istringstream& words) {
  ObjectSpec object;
  object.surface = word == "surface";
  words >> object.array;
  if (!object.surface) {
    words >> object.linear_texels >> object.linear_format >> object.linear_channels >>
        object.address_mode >> object.filter >> object.flags >> object.max_level;
    for (float& value : object.border) words >> value;
  }
  return object;
}

void read_case_line(Corpus& corpus, Case& item, const std::string& word,
                    std::istringstream& words) {
  if (word == "ptx") {
    item.ptx = part(corpus.blob, words);
  } else if (word == "input") {
    item.input = bytes_of(part(corpus.blob, words));
  } else if (word == "output") {
    words >> item.output_size;
  } else if (word == "launch") {
    for (unsigned& value : item.grid) words >> value;
    for (unsigned& value : item.block) words >> value;
    words >> item.shared >> item.cooperative;
  } else if (word == "hash") {
    item.only_hash = true;
  } else if (word == "rule") {
    item.rules.push_back(read_rule(words));
  } else if (word == "array") {
    item.arrays.push_back(read_array(corpus.blob, words));
  } else if (word == "texture" || word == "surface") {
    item.objects.push_back(read_object(word, words));
  } else if (word == "forms") {
    item.forms.assign(std::istream_iterator<std::string>(words), {});
  } else {
    throw std::runtime_error("the corpus has an unknown line: " + word);
  }
}

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// Reads a file of expectations piece by piece.
class Reader {
 public:
  explicit Reader(std::string text) : text_(std::move(text)) {}

  std::string_view take(std::size_t size) {
    if (size > text_.size() - at_)
      throw std::runtime_error("a file of expectations ends too early");
    at_ += size;
    return std::string_view(text_).substr(at_ - size, size);
  }
  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

}  // namespace

Corpus read_corpus(const std::string& directory) {
  Corpus corpus;
  corpus.index = read_file(directory + "/corpus.idx");
  corpus.blob = read_file(directory + "/corpus.blob");
  std::istringstream lines(corpus.index);
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string word;
    if (!(words >> word)) continue;
    if (word == "form") {
      Form form;
      words >> form.name >> std::ws;
      std::getline(words, form.explanation);
      corpus.inventory.push_back(std::move(form));
    } else if (word == "case") {
      Case item;
      words >> item.name >> item.family;
      corpus.cases.push_back(std::move(item));
    } else if (corpus.cases.empty()) {
      throw std::runtime_error("the corpus begins with " + word);
    } else {
      read_case_line(corpus, corpus.cases.back(), word, words);
    }
  }
  return corpus;
}

std::uint64_t hash_bytes(std::span<const std::byte> bytes, std::uint64_t seed) {
  std::uint64_t hash = seed;
  for (const std::byte byte : bytes)
    hash = (hash ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3;
  return hash;
}

std::uint64_t identity(const Case& item) {
  std::uint64_t hash = hash_bytes(bytes_of(item.ptx));
  hash = hash_bytes(item.input, hash);
  const std::uint64_t launch[] = {item.output_size, item.grid[0],  item.grid[1],  item.grid[2],
                                  item.block[0],    item.block[1], item.block[2], item.shared};
  return hash_bytes(std::as_bytes(std::span(launch)), hash);
}

Expectations read_expectations(const std::string& directory) {
  Expectations all;
  if (!std::filesystem::is_directory(directory)) return all;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() != ".bin") continue;
    Reader reader(read_file(entry.path().string()));
    if (reader.take(magic.size()) != magic)
      throw std::runtime_error(entry.path().string() + " holds no expectations");
    const auto count = reader.number<std::uint32_t>();
    for (std::uint32_t i = 0; i < count; ++i) {
      std::string name(reader.take(reader.number<std::uint16_t>()));
      Expectation expectation;
      expectation.identity = reader.number<std::uint64_t>();
      expectation.status = reader.number<std::uint32_t>();
      expectation.only_hash = reader.number<std::uint8_t>() != 0;
      const auto output = bytes_of(reader.take(reader.number<std::uint32_t>()));
      expectation.output.assign(output.begin(), output.end());
      all.insert_or_assign(std::move(name), std::move(expectation));
    }
  }
  return all;
}

void write_expectations(const std::string& directory, const std::string& family,
                        const Expectations& expectations) {
  std::string out(magic);
  put(out, static_cast<std::uint32_t>(expectations.size()));
  for (const auto& [name, expectation] : expectations) {
    put(out, static_cast<std::uint16_t>(name.size()));
    out += name;
    put(out, expectation.identity);
    put(out, expectation.status);
    put(out, static_cast<std::uint8_t>(expectation.only_hash));
    put(out, static_cast<std::uint32_t>(expectation.output.size()));
    out.append(reinterpret_cast<const char*>(expectation.output.data()), expectation.output.size());
  }
  std::filesystem::create_directories(directory);
  const std::string path = directory + "/" + family + ".bin";
  std::ofstream file(path, std::ios::binary);
  file.write(out.data(), static_cast<std::streamsize>(out.size()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

}  // namespace vgpu::ptx_corpus
