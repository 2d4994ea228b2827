/// capnpc-vgpu: the Cap'n Proto compiler plug-in that turns the call descriptions into C++.
/// `capnp compile -o path/to/capnpc-vgpu:OUTPUT_FOLDER *.capnp` runs it with the request on
/// standard input and OUTPUT_FOLDER as its working folder.

#include <kj/exception.h>
#include <unistd.h>

#include <cstdio>
#include <exception>

#include "writer.hpp"

int main() {
  using namespace vgpu::codegen;
  try {
    const Model model = read_model(STDIN_FILENO);
    const std::string folder = ".";
    emit_messages(model, folder);
    emit_operations(model, folder);
    emit_driver_table(model, folder);
    emit_symbols(model, folder);
    emit_guest(model, folder);
    emit_host(model, folder);
    emit_trace(model, folder);
    emit_signature_checks(model, folder);
    emit_reference(model, folder);
    return 0;
  } catch (const kj::Exception& error) {
    std::fprintf(stderr, "capnpc-vgpu: %s\n", error.getDescription().cStr());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "capnpc-vgpu: %s\n", error.what());
  }
  return 1;
}
