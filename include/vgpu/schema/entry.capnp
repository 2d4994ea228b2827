@0xc2f4a1d7e95b3200;
# The way in: initialisation, versions, errors, and how symbols are found.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::entry");

struct Init $Vgpu.call(operation = 256, symbol = "cuInit",
    parameters = "unsigned int Flags",
    callClass = local, guest = written, host = none, context = anytime, capture = safe,
    exports = [(symbol = "cuInit", since = 2000)],
    checks = [(fails = "Flags != 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    flags @0 :UInt32 $Vgpu.cName("Flags");
  }
  struct Reply {}
}

struct DriverGetVersion $Vgpu.call(operation = 257, symbol = "cuDriverGetVersion",
    parameters = "int *driverVersion",
    callClass = local, guest = written, host = none, context = anytime, capture = safe,
    exports = [(symbol = "cuDriverGetVersion", since = 2020)],
    checks = [(fails = "driverVersion == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {}
  struct Reply {
    driverVersion @0 :Int32;
  }
}

struct GetErrorName $Vgpu.call(operation = 258, symbol = "cuGetErrorName",
    parameters = "CUresult error, const char **pStr",
    callClass = local, guest = written, host = none, context = anytime, capture = safe,
    exports = [(symbol = "cuGetErrorName", since = 6000)],
    checks = [(fails = "pStr == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    error @0 :UInt32 $Vgpu.cType("CUresult");
  }
  struct Reply {
    pStr @0 :Text;
  }
}

struct GetErrorString $Vgpu.call(operation = 259, symbol = "cuGetErrorString",
    parameters = "CUresult error, const char **pStr",
    callClass = local, guest = written, host = none, context = anytime, capture = safe,
    exports = [(symbol = "cuGetErrorString", since = 6000)],
    checks = [(fails = "pStr == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    error @0 :UInt32 $Vgpu.cType("CUresult");
  }
  struct Reply {
    pStr @0 :Text;
  }
}

struct GetProcAddress $Vgpu.call(operation = 260, symbol = "cuGetProcAddress",
    parameters = "const char *symbol, void **pfn, int cudaVersion, cuuint64_t flags, "
                 "CUdriverProcAddressQueryResult *symbolStatus",
    callClass = local, guest = written, host = none, context = anytime, capture = safe,
    exports = [(symbol = "cuGetProcAddress", since = 11030, parameters = "const char *symbol, void **pfn, "
                "int cudaVersion, cuuint64_t flags", guest = written),
               (symbol = "cuGetProcAddress_v2", since = 12000)],
    checks = [(fails = "symbol == nullptr || pfn == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # The 4-argument form answers CUDA_ERROR_NOT_FOUND; the newer one answers success, NULL and a reason.
  struct Request {
    symbol @0 :Text;
    cudaVersion @1 :Int32;
    flags @2 :UInt64;
  }
  struct Reply {
    pfn @0 :UInt64;
    symbolStatus @1 :UInt32 $Vgpu.cType("CUdriverProcAddressQueryResult") $Vgpu.optional;
  }
}

struct GetExportTable $Vgpu.call(operation = 261, symbol = "cuGetExportTable",
    parameters = "const void **ppExportTable, const CUuuid *pExportTableId",
    callClass = local, guest = written, host = none, context = anytime, capture = safe,
    exports = [(symbol = "cuGetExportTable", since = 3000)],
    checks = [(fails = "ppExportTable == nullptr || pExportTableId == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # The driver's private tables, by UUID. The guest has its own; nothing is asked of the host.
  struct Request {
    pExportTableId @0 :Data $Vgpu.layout("CUuuid");
  }
  struct Reply {
    ppExportTable @0 :UInt64;
  }
}
