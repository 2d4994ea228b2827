@0xc2f4a1d7e95b3260;
# Just-in-time linking of device code.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::linker");

struct LinkCreate $Vgpu.call(operation = 640, symbol = "cuLinkCreate",
    parameters = "unsigned int numOptions, CUjit_option *options, void **optionValues, CUlinkState *stateOut",
    callClass = sync, guest = none, host = none, context = current, capture = safe,
    exports = [(symbol = "cuLinkCreate", since = 5050),
               (symbol = "cuLinkCreate_v2", since = 6050)],
    checks = [(fails = "(numOptions != 0 && options == nullptr) || (numOptions != 0 && optionValues == nullptr) || "
               "stateOut == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    numOptions @0 :UInt32;
    options @1 :List(UInt32) $Vgpu.cType("CUjit_option") $Vgpu.length("numOptions");
    optionValues @2 :List(UInt64) $Vgpu.length("numOptions");
    stateOut @3 :UInt64 $Vgpu.creates(linkState);
  }
  struct Reply {
    optionValues @0 :List(UInt64) $Vgpu.length("numOptions");
    infoLog @1 :Data;  # for CU_JIT_INFO_LOG_BUFFER
    errorLog @2 :Data;  # for CU_JIT_ERROR_LOG_BUFFER
  }
}

struct LinkAddData $Vgpu.call(operation = 641, symbol = "cuLinkAddData",
    parameters = "CUlinkState state, CUjitInputType type, void *data, size_t size, const char *name, "
                 "unsigned int numOptions, CUjit_option *options, void **optionValues",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuLinkAddData", since = 5050),
               (symbol = "cuLinkAddData_v2", since = 6050)],
    checks = [(fails = "(size != 0 && data == nullptr) || (numOptions != 0 && options == nullptr) || "
               "(numOptions != 0 && optionValues == nullptr)", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "state == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    state @0 :UInt64 $Vgpu.handle(linkState);
    type @1 :UInt32 $Vgpu.cType("CUjitInputType");
    data @2 :Data $Vgpu.length("size");
    size @3 :UInt64;
    name @4 :Text $Vgpu.optional;
    numOptions @5 :UInt32;
    options @6 :List(UInt32) $Vgpu.cType("CUjit_option") $Vgpu.length("numOptions");
    optionValues @7 :List(UInt64) $Vgpu.length("numOptions");
  }
  struct Reply {
    optionValues @0 :List(UInt64) $Vgpu.length("numOptions");
    infoLog @1 :Data;  # for CU_JIT_INFO_LOG_BUFFER
    errorLog @2 :Data;  # for CU_JIT_ERROR_LOG_BUFFER
  }
}

struct LinkAddFile $Vgpu.call(operation = 642, symbol = "cuLinkAddFile",
    parameters = "CUlinkState state, CUjitInputType type, const char *path, unsigned int numOptions, "
                 "CUjit_option *options, void **optionValues",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuLinkAddFile", since = 5050),
               (symbol = "cuLinkAddFile_v2", since = 6050)],
    checks = [(fails = "path == nullptr || (numOptions != 0 && options == nullptr) || (numOptions != 0 && "
               "optionValues == nullptr)", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "state == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    state @0 :UInt64 $Vgpu.handle(linkState);
    type @1 :UInt32 $Vgpu.cType("CUjitInputType");
    path @2 :Text;
    numOptions @3 :UInt32;
    options @4 :List(UInt32) $Vgpu.cType("CUjit_option") $Vgpu.length("numOptions");
    optionValues @5 :List(UInt64) $Vgpu.length("numOptions");
    data @6 :Data;  # the bytes of the file, which is the guest's
  }
  struct Reply {
    optionValues @0 :List(UInt64) $Vgpu.length("numOptions");
    infoLog @1 :Data;  # for CU_JIT_INFO_LOG_BUFFER
    errorLog @2 :Data;  # for CU_JIT_ERROR_LOG_BUFFER
  }
}

struct LinkComplete $Vgpu.call(operation = 643, symbol = "cuLinkComplete",
    parameters = "CUlinkState state, void **cubinOut, size_t *sizeOut",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuLinkComplete", since = 5050)],
    checks = [(fails = "cubinOut == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "state == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    state @0 :UInt64 $Vgpu.handle(linkState);
  }
  struct Reply {
    cubinOut @0 :Data $Vgpu.length("*sizeOut");
    sizeOut @1 :UInt64 $Vgpu.optional;
    infoLog @2 :Data;  # for CU_JIT_INFO_LOG_BUFFER
    errorLog @3 :Data;  # for CU_JIT_ERROR_LOG_BUFFER
  }
}

struct LinkDestroy $Vgpu.call(operation = 644, symbol = "cuLinkDestroy",
    parameters = "CUlinkState state",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuLinkDestroy", since = 5050)],
    checks = [(fails = "state == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    state @0 :UInt64 $Vgpu.handle(linkState) $Vgpu.releases;
  }
  struct Reply {}
}
