@0xc2f4a1d7e95b32f0;
# What an address is.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::pointer");

struct PointerGetAttribute $Vgpu.call(operation = 1216, symbol = "cuPointerGetAttribute",
    parameters = "void *data, CUpointer_attribute attribute, CUdeviceptr ptr",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuPointerGetAttribute", since = 4000)],
    checks = [(fails = "data == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # How many bytes `data` has depends on the attribute.
  struct Request {
    attribute @0 :UInt32 $Vgpu.cType("CUpointer_attribute");
    ptr @1 :UInt64;
  }
  struct Reply {
    data @0 :Data;
  }
}

struct PointerSetAttribute $Vgpu.call(operation = 1217, symbol = "cuPointerSetAttribute",
    parameters = "const void *value, CUpointer_attribute attribute, CUdeviceptr ptr",
    callClass = sync, guest = generated, host = generated, context = none, capture = unsafe,
    exports = [(symbol = "cuPointerSetAttribute", since = 6000)],
    checks = [(fails = "value == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    value @0 :Data $Vgpu.length("sizeof(unsigned int)");
    attribute @1 :UInt32 $Vgpu.cType("CUpointer_attribute");
    ptr @2 :UInt64 $Vgpu.address(());
  }
  struct Reply {}
}

struct PointerGetAttributes $Vgpu.call(operation = 1218, symbol = "cuPointerGetAttributes",
    parameters = "unsigned int numAttributes, CUpointer_attribute *attributes, void **data, CUdeviceptr ptr",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuPointerGetAttributes", since = 7000)],
    checks = [(fails = "(numAttributes != 0 && attributes == nullptr) || data == nullptr",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    numAttributes @0 :UInt32;
    attributes @1 :List(UInt32) $Vgpu.cType("CUpointer_attribute") $Vgpu.length("numAttributes");
    ptr @2 :UInt64;
  }
  struct Reply {
    data @0 :Data;  # one value after the other, each padded to 16 bytes
  }
}
