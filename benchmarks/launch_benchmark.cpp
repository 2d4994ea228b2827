// The message of cuLaunchKernel: what encoding and decoding it costs, and what publishing it costs
// its caller while another process takes the launches out of the ring and decodes them. The
// argument is the number of kernel parameters.
#include <benchmark/benchmark.h>

#include <array>
#include <atomic>
#include <cstring>
#include <new>
#include <span>
#include <vgpu/calls/launch.hpp>

#include "peer.hpp"
#include "slices.hpp"
#include "vgpu/call/codec.hpp"
#include "vgpu/transport/message.hpp"

namespace {

using namespace vgpu::bench;
using namespace vgpu::transport;
namespace call = vgpu::call;
using Launch = vgpu::calls::LaunchKernel;

/// The parameters of a kernel as cuLaunchKernel gets them, and where its layout puts them: pointers
/// first, then ints.
class Parameters {
 public:
  explicit Parameters(std::size_t count) : count_(count) {
    const std::size_t pointers = count - count * 3 / 8;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t size = i < pointers ? 8 : 4;
      places_[i] = {bytes_, size};
      bytes_ += size;
      addresses_[i] = &values_[i];
    }
  }

  std::size_t bytes() const noexcept { return bytes_; }

  /// Writes the block of bytes() bytes, its padding zero, as the guest does.
  void write(std::byte* block) const noexcept {
    std::size_t end = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      const Place& place = places_[i];
      if (place.offset > end) std::memset(block + end, 0, place.offset - end);
      if (place.size == 8) {
        std::memcpy(block + place.offset, addresses_[i], 8);
      } else if (place.size == 4) {
        std::memcpy(block + place.offset, addresses_[i], 4);
      } else {
        std::memcpy(block + place.offset, addresses_[i], place.size);
      }
      end = place.offset + place.size;
    }
  }

 private:
  struct Place {
    std::size_t offset;
    std::size_t size;
  };
  static constexpr std::size_t most = 8;

  std::size_t count_;
  std::size_t bytes_ = 0;
  std::array<Place, most> places_{};
  std::array<std::uint64_t, most> values_{1, 2, 3, 4, 5, 6, 7, 8};
  std::array<const void*, most> addresses_{};
};

constexpr std::size_t most_bytes = sizeof(Launch::Request) + 64;

std::size_t message_bytes(const Parameters& parameters) {
  return call::encoded_size(Launch::Request{}) + parameters.bytes();
}

/// The arguments of the launch. Opaque to the compiler, so that no run folds them into the message.
struct Geometry {
  std::uint64_t function = 5;
  unsigned grid = 1024;
  unsigned block = 256;
  std::uint64_t stream = 2;
};

/// Everything between the arguments of cuLaunchKernel and the bytes of its frame's body, built
/// where it is sent from as guest::post_in_place does.
void encode(const Geometry& geometry, const Parameters& parameters, std::byte* body) {
  ::new (static_cast<void*>(body))
      Launch::Request{.function = geometry.function,
                      .gridDimX = geometry.grid,
                      .gridDimY = 1,
                      .gridDimZ = 1,
                      .blockDimX = geometry.block,
                      .blockDimY = 1,
                      .blockDimZ = 1,
                      .sharedMemBytes = 0,
                      .parameterBytes = static_cast<std::uint32_t>(parameters.bytes()),
                      .hStream = geometry.stream};
  parameters.write(body + sizeof(Launch::Request));
}

/// Whether `body` is a launch, as the host checks it before it looks its handles up.
bool decode(std::span<const std::byte> body, std::uint8_t data_words, Launch::Request& request) {
  std::span<const std::byte> trailing;
  return call::decode(body, data_words, request, trailing) &&
         request.parameterBytes <= trailing.size();
}

/// Iterations per slice of what involves no peer.
constexpr int calls = 512;

void memcpy_launch(benchmark::State& state) {
  const Parameters parameters(static_cast<std::size_t>(state.range(0)));
  const std::size_t bytes = message_bytes(parameters);
  alignas(64) std::array<std::byte, most_bytes> from{};
  alignas(64) std::array<std::byte, most_bytes> to{};
  run_in_slices(state, calls, [&] {
    benchmark::DoNotOptimize(from.data());
    std::memcpy(to.data(), from.data(), bytes);
    benchmark::DoNotOptimize(to.data());
    benchmark::ClobberMemory();
    return true;
  });
}

void encode_launch(benchmark::State& state) {
  Parameters parameters(static_cast<std::size_t>(state.range(0)));
  Geometry geometry;
  alignas(64) std::array<std::byte, most_bytes> body{};
  run_in_slices(state, calls, [&] {
    benchmark::DoNotOptimize(geometry);
    benchmark::DoNotOptimize(parameters);
    encode(geometry, parameters, body.data());
    benchmark::DoNotOptimize(body.data());
    benchmark::ClobberMemory();
    return true;
  });
}

void decode_launch(benchmark::State& state) {
  const Parameters parameters(static_cast<std::size_t>(state.range(0)));
  alignas(64) std::array<std::byte, most_bytes> body{};
  encode(Geometry{}, parameters, body.data());
  const std::size_t bytes = message_bytes(parameters);
  auto data_words = call::header_data_words<Launch::Request>;
  run_in_slices(state, calls, [&] {
    benchmark::DoNotOptimize(body.data());
    benchmark::DoNotOptimize(data_words);
    benchmark::ClobberMemory();
    Launch::Request request;
    bool good = decode({body.data(), bytes}, data_words, request);
    benchmark::DoNotOptimize(good);
    benchmark::DoNotOptimize(request);
    return true;
  });
}

/// Takes launches out as a host's channel does; ends with the channel, or with the first message
/// that is no launch.
void drain(Channel& channel, Drained& drained) {
  MessageReceiver receiver(channel, std::size_t{1} << 20);
  ReceivedMessage message;
  while (receiver.receive(message, forever) == MessageStatus::message) {
    Launch::Request request;
    if (!decode(message.body, message.header.data_words, request)) break;
    benchmark::DoNotOptimize(request);
    drained.add_one();
  }
  channel.close();
}

void publish_launch(benchmark::State& state, Medium medium) {
  const BesidePingPong beside(state);
  Parameters parameters(static_cast<std::size_t>(state.range(0)));
  Geometry geometry;
  Link link(medium);
  Drained drained;
  Peer peer([&] { drain(*link.host(), drained); });
  auto channel = link.guest();
  std::atomic<std::uint64_t> next_ticket{1};
  const std::size_t bytes = message_bytes(parameters);
  run_in_slices(
      state, publications,
      [&] {
        benchmark::DoNotOptimize(geometry);
        benchmark::DoNotOptimize(parameters);
        std::byte* body = channel->reserve(bytes);
        if (body == nullptr) return false;
        encode(geometry, parameters, body);
        FrameHeader header;
        header.operation = static_cast<std::uint16_t>(Launch::operation);
        header.flags = vgpu::wire::frame_flag::no_reply;
        header.data_words = call::header_data_words<Launch::Request>;
        header.length = static_cast<std::uint32_t>(bytes);
        header.ticket = next_ticket.fetch_add(1, std::memory_order_relaxed);
        return channel->publish(header);
      },
      drained.count());
}

BENCHMARK(memcpy_launch)->Arg(0)->Arg(3)->Arg(8)->UseRealTime()->Iterations(slices* calls);
BENCHMARK(encode_launch)->Arg(0)->Arg(3)->Arg(8)->UseRealTime()->Iterations(slices* calls);
BENCHMARK(decode_launch)->Arg(0)->Arg(3)->Arg(8)->UseRealTime()->Iterations(slices* calls);
BENCHMARK_CAPTURE(publish_launch, shm, Medium::shm)
    ->Arg(0)
    ->Arg(3)
    ->Arg(8)
    ->UseRealTime()
    ->Iterations(slices* publications);

}  // namespace
