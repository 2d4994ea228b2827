/// \file
/// printf, malloc, free and assert as kernels call them.

#include <bit>
#include <cstdio>
#include <cstring>

#include "reference_host/software_device/exec/control_ops.hpp"
#include "reference_host/software_device/exec/memory_access.hpp"

namespace vgpu::softdevice::exec {

using namespace std::string_literals;

namespace {

constexpr std::size_t longest_string = 4096;

/// The values one lane passes, by position.
class Arguments {
 public:
  Arguments(const Warp& warp, const CallSite& site, int lane)
      : site_(site),
        params_(warp.frame->params.data() +
                static_cast<std::size_t>(lane) * warp.frame->function->param_bytes) {}

  std::uint64_t operator[](std::size_t index) const {
    std::uint64_t value = 0;
    const CallArgument& argument = site_.arguments[index];
    std::memcpy(&value, params_ + argument.from,
                std::min<std::size_t>(argument.size, sizeof value));
    return value;
  }

  void set_result(std::uint64_t value) const {
    if (site_.results.empty()) return;
    const CallArgument& result = site_.results.front();
    std::memcpy(params_ + result.to, &value, std::min<std::size_t>(result.size, sizeof value));
  }

 private:
  const CallSite& site_;
  std::byte* params_;
};

/// A NUL-terminated string of the device, cut at `longest_string`. False with a fault raised.
bool read_string(Warp& warp, const Op& op, int lane, std::uint64_t address, std::string& out) {
  while (out.size() < longest_string) {
    const std::byte* byte = resolve_generic(warp, op, lane, address++, 1);
    if (byte == nullptr) return false;
    if (*byte == std::byte{0}) return true;
    out.push_back(static_cast<char>(*byte));
  }
  return true;
}

/// Reads the argument buffer of vprintf: values in order, each naturally aligned.
class FormatValues {
 public:
  FormatValues(Warp& warp, const Op& op, int lane, std::uint64_t buffer)
      : warp_(warp), op_(op), lane_(lane), at_(buffer) {}

  bool next(std::size_t size, std::uint64_t& value) {
    at_ = (at_ + size - 1) / size * size;
    const std::byte* bytes = resolve_generic(warp_, op_, lane_, at_, size);
    if (bytes == nullptr) return false;
    value = 0;
    std::memcpy(&value, bytes, size);
    at_ += size;
    return true;
  }

 private:
  Warp& warp_;
  const Op& op_;
  int lane_;
  std::uint64_t at_;
};

template <class... T>
void append(std::string& out, const std::string& format, T... values) {
  char text[512];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
  const int length = std::snprintf(text, sizeof text, format.c_str(), values...);
  if (length < 0) return;
  if (static_cast<std::size_t>(length) < sizeof text) {
    out.append(text, static_cast<std::size_t>(length));
    return;
  }
  std::string longer(std::min<std::size_t>(static_cast<std::size_t>(length), 65536) + 1, '\0');
  std::snprintf(longer.data(), longer.size(), format.c_str(), values...);
#pragma GCC diagnostic pop
  out.append(longer.c_str());
}

/// One conversion, `spec` from the percent sign on. False with a fault raised.
bool format_one(std::string& out, std::string spec, bool is_long, FormatValues& values, Warp& warp,
                const Op& op, int lane) {
  const char conversion = spec.back();
  std::uint64_t value = 0;
  switch (conversion) {
    case 'd':
    case 'i':
    case 'u':
    case 'x':
    case 'X':
    case 'o':
    case 'c': {
      if (!values.next(is_long ? 8 : 4, value)) return false;
      if (is_long) {
        spec.insert(spec.size() - 1, "ll");
        append(out, spec, static_cast<long long>(value));
      } else {
        append(out, spec, static_cast<int>(static_cast<std::uint32_t>(value)));
      }
      return true;
    }
    case 'p':
      if (!values.next(8, value)) return false;
      append(out, spec, reinterpret_cast<void*>(static_cast<std::uintptr_t>(value)));
      return true;
    case 's': {
      std::string text;
      if (!values.next(8, value)) return false;
      if (value == 0)
        text = "(null)";
      else if (!read_string(warp, op, lane, value, text))
        return false;
      append(out, spec, text.c_str());
      return true;
    }
    default: {
      if (!values.next(8, value)) return false;
      double number;
      std::memcpy(&number, &value, sizeof number);
      append(out, spec, number);
      return true;
    }
  }
}

bool format_text(Warp& warp, const Op& op, int lane, const std::string& format,
                 std::uint64_t buffer, std::string& out, int& converted) {
  FormatValues values(warp, op, lane, buffer);
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out.push_back(format[i]);
      continue;
    }
    std::string spec = "%";
    bool is_long = false;
    for (++i; i < format.size(); ++i) {
      const char c = format[i];
      if (std::strchr("-+ #0123456789.", c) != nullptr) {
        spec.push_back(c);
      } else if (c == '*') {
        std::uint64_t width = 0;
        if (!values.next(4, width)) return false;
        spec += std::to_string(static_cast<std::int32_t>(width));
      } else if (c == 'l' || c == 'j' || c == 'z' || c == 't') {
        is_long = true;
      } else if (c != 'h') {
        break;
      }
    }
    if (i >= format.size() || std::strchr("diuxXocpsfFeEgGaA", format[i]) == nullptr) {
      // "%%", and what printf does not know, print themselves.
      if (i < format.size() && format[i] != '%') out += spec;
      if (i < format.size()) out.push_back(format[i]);
      continue;
    }
    spec.push_back(format[i]);
    if (spec.size() > 40) continue;
    if (!format_one(out, std::move(spec), is_long, values, warp, op, lane)) return false;
    ++converted;
  }
  return true;
}

void print(Warp& warp, const Op& op, const Arguments& arguments, int lane) {
  const std::uint64_t format_address = arguments[0];
  if (format_address == 0) {
    arguments.set_result(static_cast<std::uint64_t>(-1));
    return;
  }
  std::string format;
  std::string text;
  int converted = 0;
  if (!read_string(warp, op, lane, format_address, format)) return;
  if (!format_text(warp, op, lane, format, arguments[1], text, converted)) return;
  warp.block->grid->services->print(std::move(text));
  arguments.set_result(static_cast<std::uint64_t>(converted));
}

/// Every lane that fails says so, as each thread does on a device; the first is the grid's fault.
void fail_assertion(Warp& warp, const Op& op, const CallSite& site, std::uint32_t mask) {
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    const Arguments arguments(warp, site, lane);
    std::string condition;
    std::string file;
    std::string function;
    if (!read_string(warp, op, lane, arguments[0], condition) ||
        !read_string(warp, op, lane, arguments[1], file) ||
        !read_string(warp, op, lane, arguments[3], function))
      return;
    const auto slot = [&](std::uint32_t special) {
      return std::to_string(reinterpret_cast<const std::uint32_t*>(
          warp.bases[base_special] + special * special_slot_bytes)[lane]);
    };
    const std::string line = std::to_string(static_cast<std::uint32_t>(arguments[2]));
    std::string text;
    for (const std::string& part : {file,
                                    ":"s,
                                    line,
                                    ": "s,
                                    function,
                                    ": block: ["s,
                                    slot(special_ctaid_x),
                                    ","s,
                                    slot(special_ctaid_y),
                                    ","s,
                                    slot(special_ctaid_z),
                                    "], thread: ["s,
                                    slot(special_tid_x),
                                    ","s,
                                    slot(special_tid_y),
                                    ","s,
                                    slot(special_tid_z),
                                    "] Assertion `"s,
                                    condition,
                                    "` failed."s}) {
      text += part;
    }
    warp.block->grid->services->assertion_failed(text);
    if ((rest & (rest - 1)) == 0) raise_fault(warp, op, lane, CUDA_ERROR_ASSERT, std::move(text));
  }
}

}  // namespace

void call_runtime(Warp& warp, const Op& op, const CallSite& site, std::uint32_t mask) {
  if (site.runtime == RuntimeCall::assertfail) return fail_assertion(warp, op, site, mask);
  KernelServices& services = *warp.block->grid->services;
  for (; mask != 0 && !warp.fault; mask &= mask - 1) {
    const int lane = std::countr_zero(mask);
    const Arguments arguments(warp, site, lane);
    switch (site.runtime) {
      case RuntimeCall::vprintf:
        print(warp, op, arguments, lane);
        break;
      case RuntimeCall::malloc_:
        arguments.set_result(services.heap_allocate(arguments[0]));
        break;
      case RuntimeCall::free_:
        if (arguments[0] != 0 && !services.heap_free(arguments[0]))
          raise_fault(warp, op, lane, CUDA_ERROR_ILLEGAL_ADDRESS,
                      "free of an address that malloc did not return");
        break;
      case RuntimeCall::assertfail:
      case RuntimeCall::none:
        break;
    }
  }
}

}  // namespace vgpu::softdevice::exec
