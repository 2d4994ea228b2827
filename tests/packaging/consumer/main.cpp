// Encodes a call as a third party's shim would, decodes it as a third party's backend would, and
// sees that the generated tables know it.
#include <cstddef>
#include <cstdio>
#include <span>
#include <vector>
#include <vgpu/call/codec.hpp>
#include <vgpu/calls.hpp>
#include <vgpu/driver_table.hpp>
#include <vgpu/operations.hpp>

int main() {
  using Call = vgpu::calls::MemAlloc;
  Call::Request request;
  request.bytesize = 123456789;
  std::vector<std::byte> body(vgpu::call::encoded_size(request));
  vgpu::call::encode(request, body.data());
  Call::Request decoded;
  std::span<const std::byte> trailing;
  const auto words = static_cast<std::uint8_t>(body.size() / 8);
  if (!vgpu::call::decode(body, words, decoded, trailing) || decoded.bytesize != request.bytesize ||
      !trailing.empty()) {
    std::puts("consumer: the request did not survive");
    return 1;
  }
  const auto* info = vgpu::call::find_operation(Call::operation);
  if (info == nullptr || info->symbol != "cuMemAlloc") {
    std::puts("consumer: the tables do not know the call");
    return 1;
  }
  std::printf("consumer: OK, %zu operations, %zu driver functions\n", vgpu::call::operations.size(),
              vgpu::DriverTable::size);
  return 0;
}
