#pragma once

/// \file
/// One request on the executing side, between the bytes that came and the bytes that go back.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vgpu/call/codec.hpp>
#include <vgpu/call/cuda_types.hpp>

namespace vgpu::call {

/// An encoded reply, in the scratch memory of the call's context.
struct EncodedReply {
  std::span<const std::byte> body;
  std::uint8_t data_words = 0;
  bool malformed = false;  ///< the request could not be decoded; nothing was executed
};

/// Decodes a request of type Call, runs `execute(context, request, reply)`, and encodes the reply.
/// Results of a failed call are not sent: the reply is then all zero. \param body private, 8-byte
/// aligned memory. \return the call's CUresult; CUDA_ERROR_INVALID_VALUE for a malformed request,
/// CUDA_ERROR_OUT_OF_MEMORY when the reply exceeds what a call may have.
template <class Call, class Context, auto execute>
CUresult serve(Context& context, std::span<const std::byte> body, std::uint8_t data_words,
               EncodedReply& encoded) {
  typename Call::Request request;
  std::span<const std::byte> trailing;
  if (!decode(body, data_words, request, trailing)) {
    encoded.malformed = true;
    return CUDA_ERROR_INVALID_VALUE;
  }
  typename Call::Reply reply;
  const CUresult result = execute(context, request, reply);
  const std::size_t size = encodable(reply) ? encoded_size(reply) : 0;
  encoded.data_words = header_data_words<typename Call::Reply>;
  if (size == 0) return result;
  const std::span<std::byte> out = context.template scratch<std::byte>(size);
  if (out.size() != size) {
    encoded.data_words = 0;
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  encode(reply, out.data());
  encoded.body = out;
  return result;
}

}  // namespace vgpu::call
