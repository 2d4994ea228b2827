/// llama.cpp as a third party built it, with every layer of a model on its CUDA backend, beside the
/// same library on the CPU.

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

// What is used of llama.cpp's interface, which passes these structures by value. `later` leaves
// room for members that are of no interest here: a structure on the stack may be larger than its
// taker knows.
struct ModelParams {
  void** devices;  ///< ends with null; null: all
  const void* buffer_overrides;
  std::int32_t gpu_layers;  ///< negative: all
  std::int32_t split_mode;
  std::array<std::byte, 256> later;
};

struct ContextParams {
  std::uint32_t context;
  std::uint32_t batch;
  std::uint32_t physical_batch;
  std::uint32_t sequences;
  std::array<std::uint32_t, 3> unused;
  std::int32_t threads;
  std::int32_t batch_threads;
  std::int32_t kind;
  std::int32_t rope_scaling;
  std::int32_t pooling;
  std::int32_t attention;
  std::int32_t flash_attention;  ///< -1: as the library thinks best; 0: no
  std::array<std::byte, 72> scaling;
  bool embeddings;
  bool offload_attention;
  bool no_times;
  bool offload_operations;
  std::array<std::byte, 256> later;
};
static_assert(offsetof(ContextParams, embeddings) == 0x80);

struct Batch {
  std::int32_t count;
  std::array<void*, 6> members;
};

using Token = std::int32_t;
using Model = void;
using Context = void;
using Vocabulary = void;

/// Symbols of libraries found by LD_LIBRARY_PATH.
template <class F>
F* function(const char* name) {
  static void* const libraries[] = {::dlopen("libggml.cuda.v0.5.0.so", RTLD_NOW | RTLD_GLOBAL),
                                    ::dlopen("libllama.cuda.v0.5.0.so", RTLD_NOW | RTLD_GLOBAL)};
  for (void* library : libraries) {
    if (library == nullptr) continue;
    if (void* address = ::dlsym(library, name)) return reinterpret_cast<F*>(address);
  }
  throw std::runtime_error(std::string(name) + " is missing");
}

std::string library_log;  // NOLINT: written by a C callback

/// One way of running the model.
struct Way {
  bool cuda;
  std::uint32_t physical_batch;  ///< prompt tokens evaluated together
  std::int32_t flash_attention;
};

/// What one way gave.
struct Generation {
  std::vector<Token> tokens;
  std::vector<std::vector<float>> logits;  ///< those that each token was chosen by
  double seconds = 0;
};

class Llama : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    function<void(void (*)(int, const char*, void*), void*)>("llama_log_set")(
        [](int level, const char* text, void*) {
          if (level == 4)
            std::fputs(text, stderr);           // an error, after which ggml may end the process
          if (level != 1) library_log += text;  // all but what is for debugging
        },
        nullptr);
    const char* folder = std::getenv("VGPU_TEST_LLAMA_FOLDER");
    ASSERT_NE(folder, nullptr);
    function<void(const char*)>("ggml_backend_load_all_from_path")(folder);
    function<void()>("llama_backend_init")();
  }

  void SetUp() override {
    path_ = std::getenv("VGPU_TEST_LLAMA_MODEL");
    ASSERT_NE(path_, nullptr);
    library_log.clear();
  }
  void TearDown() override {
    if (HasFailure()) std::fputs(library_log.c_str(), stderr);
  }

  static Generation generate(const char* path, const Way& way, const std::string& prompt,
                             int count);
  /// Runs the model this way and on the CPU, and compares.
  void expect_like_cpu(const Way& way);
  const char* path_ = nullptr;
};

Generation Llama::generate(const char* path, const Way& way, const std::string& prompt, int count) {
  Generation generation;
  const auto begin = std::chrono::steady_clock::now();

  auto model_params = function<ModelParams()>("llama_model_default_params")();
  // That these are the structures the library has: its documented defaults are where they should
  // be.
  EXPECT_EQ(model_params.devices, nullptr);
  EXPECT_EQ(model_params.split_mode, 1);
  void* no_devices[] = {nullptr};
  if (!way.cuda) model_params.devices = no_devices;
  model_params.gpu_layers = way.cuda ? 999 : 0;
  Model* model =
      function<Model*(const char*, ModelParams)>("llama_model_load_from_file")(path, model_params);
  if (model == nullptr) throw std::runtime_error("the model was not loaded");

  auto params = function<ContextParams()>("llama_context_default_params")();
  EXPECT_EQ(params.context, 512U);
  EXPECT_EQ(params.batch, 2048U);
  EXPECT_EQ(params.threads, params.batch_threads);
  EXPECT_EQ(params.flash_attention, -1);
  EXPECT_FALSE(params.embeddings);
  EXPECT_TRUE(params.offload_attention);
  params.context = 256;
  params.batch = 128;
  params.physical_batch = way.physical_batch;
  params.threads = params.batch_threads = 1;  // of the CPU backend
  params.flash_attention = way.flash_attention;
  params.offload_attention = params.offload_operations = way.cuda;
  Context* context =
      function<Context*(Model*, ContextParams)>("llama_init_from_model")(model, params);
  if (context == nullptr) throw std::runtime_error("there is no context for the model");
  const Vocabulary* vocabulary =
      function<const Vocabulary*(const Model*)>("llama_model_get_vocab")(model);
  const auto words = static_cast<std::size_t>(
      function<int(const Vocabulary*)>("llama_vocab_n_tokens")(vocabulary));

  std::vector<Token> tokens(3 * prompt.size() + 1);
  const int read = function<int(const Vocabulary*, const char*, int, Token*, int, bool, bool)>(
      "llama_tokenize")(vocabulary, prompt.data(), static_cast<int>(prompt.size()), tokens.data(),
                        static_cast<int>(tokens.size()), true, false);
  // A token per byte behind the one that begins every text; a space is spelled with three bytes.
  EXPECT_EQ(read, static_cast<int>(prompt.size()) +
                      2 * static_cast<int>(std::count(prompt.begin(), prompt.end(), ' ')) + 1);
  tokens.resize(static_cast<std::size_t>(std::max(read, 0)));

  auto* const decode = function<int(Context*, Batch)>("llama_decode");
  auto* const batch_of = function<Batch(Token*, int)>("llama_batch_get_one");
  auto* const logits_of = function<float*(Context*, int)>("llama_get_logits_ith");
  while (generation.tokens.size() < static_cast<std::size_t>(count)) {
    const int result = decode(context, batch_of(tokens.data(), static_cast<int>(tokens.size())));
    if (result != 0) throw std::runtime_error("llama_decode gave " + std::to_string(result));
    const float* logits = logits_of(context, -1);
    generation.logits.emplace_back(logits, logits + words);
    const auto best = std::max_element(logits, logits + words);
    tokens.assign(1, static_cast<Token>(best - logits));
    generation.tokens.push_back(tokens.front());
  }
  function<void(Context*)>("llama_free")(context);
  function<void(Model*)>("llama_model_free")(model);
  generation.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return generation;
}

/// How far a logit is from the one of the other way, at most.
double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = std::abs(double{a[i]} - double{b[i]});
    if (!(difference <= largest)) largest = difference;  // NaN, too
  }
  return largest;
}

double lead_of_best(std::vector<float> logits) {
  std::partial_sort(logits.begin(), logits.begin() + 2, logits.end(), std::greater<>());
  return double{logits[0]} - double{logits[1]};
}

/// The logits of this model have a deviation of 4. Both ways round what they multiply with the
/// matrices to 8 bits, in slightly different ways, which makes about 0.05 of a difference in a
/// logit and seldom five times as much; the same model with weights of 32 bits differs by 0.004.
constexpr double logit_bound = 0.45;

void expect_the_same(const Generation& cuda, const Generation& cpu) {
  EXPECT_EQ(cuda.tokens, cpu.tokens);
  double worst = 0;
  double closest = 1e9;
  for (std::size_t i = 0; i < cpu.logits.size(); ++i) {
    worst = std::max(worst, distance(cuda.logits[i], cpu.logits[i]));
    closest = std::min(closest, lead_of_best(cpu.logits[i]));
  }
  EXPECT_LE(worst, logit_bound);
  // Else the tokens might differ for no fault.
  EXPECT_GT(closest, 2 * logit_bound);
  std::printf("tokens");
  for (const Token token : cuda.tokens) std::printf(" %d", token);
  std::printf("\nlogits differ by %.3g at most; the best token leads by %.3g at least\n", worst,
              closest);
  std::printf("CUDA backend %.2f s, CPU backend %.2f s, loading included\n", cuda.seconds,
              cpu.seconds);
}

const std::string prompt = "A bright cold day in April";
constexpr int generated = 16;

void Llama::expect_like_cpu(const Way& way) {
  const Generation cpu = generate(path_, {.cuda = false, .physical_batch = 1, .flash_attention = 0},
                                  prompt, generated);
  library_log.clear();
  const Generation cuda = generate(path_, way, prompt, generated);
  EXPECT_NE(library_log.find("offloaded 5/5 layers to GPU"), std::string::npos);
  expect_the_same(cuda, cpu);
}

TEST_F(Llama, GeneratesTheSameTokensOnCuda) {
  expect_like_cpu({.cuda = true, .physical_batch = 1, .flash_attention = 0});
}

// Products of quantised matrices and flash attention on tensor instructions. Without flash
// attention, ggml would multiply such a batch by cuBLAS, which holds machine code only.
TEST_F(Llama, EvaluatesThePromptAtOnce) {
  expect_like_cpu({.cuda = true, .physical_batch = 64, .flash_attention = 1});
}

}  // namespace
