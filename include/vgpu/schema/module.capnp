@0xc2f4a1d7e95b3240;
# Modules: device code loaded into one context.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::module");

struct ModuleLoad $Vgpu.call(operation = 512, symbol = "cuModuleLoad",
    parameters = "CUmodule *module, const char *fname",
    callClass = sync, guest = written, host = written, context = current, capture = safe,
    exports = [(symbol = "cuModuleLoad", since = 2000)],
    checks = [(fails = "module == nullptr || fname == nullptr || *fname == 0", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    module @0 :UInt64 $Vgpu.creates(module);
    fname @1 :Text;
    image @2 :Data;  # the bytes of the file, which is the guest's
  }
  struct Reply {}
}

struct ModuleLoadData $Vgpu.call(operation = 513, symbol = "cuModuleLoadData",
    parameters = "CUmodule *module, const void *image",
    callClass = sync, guest = written, host = written, context = current, capture = safe,
    exports = [(symbol = "cuModuleLoadData", since = 2000)],
    checks = [(fails = "module == nullptr || image == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    module @0 :UInt64 $Vgpu.creates(module);
    image @1 :Data;
  }
  struct Reply {}
}

struct ModuleLoadDataEx $Vgpu.call(operation = 514, symbol = "cuModuleLoadDataEx",
    parameters = "CUmodule *module, const void *image, unsigned int numOptions, CUjit_option *options, "
                 "void **optionValues",
    callClass = sync, guest = written, host = written, context = current, capture = safe,
    exports = [(symbol = "cuModuleLoadDataEx", since = 2010)],
    checks = [(fails = "module == nullptr || image == nullptr || (numOptions != 0 && options == nullptr) || "
               "(numOptions != 0 && optionValues == nullptr)", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    module @0 :UInt64 $Vgpu.creates(module);
    image @1 :Data;
    numOptions @2 :UInt32;
    options @3 :List(UInt32) $Vgpu.cType("CUjit_option") $Vgpu.length("numOptions");
    optionValues @4 :List(UInt64) $Vgpu.length("numOptions");
  }
  struct Reply {
    optionValues @0 :List(UInt64) $Vgpu.length("numOptions");
    infoLog @1 :Data;  # for CU_JIT_INFO_LOG_BUFFER
    errorLog @2 :Data;  # for CU_JIT_ERROR_LOG_BUFFER
    loadResult @3 :Int32;  # CUresult of the load: logs come back with a failed one too
  }
}

struct ModuleLoadFatBinary $Vgpu.call(operation = 515, symbol = "cuModuleLoadFatBinary",
    parameters = "CUmodule *module, const void *fatCubin",
    callClass = sync, guest = written, host = written, context = current, capture = safe,
    exports = [(symbol = "cuModuleLoadFatBinary", since = 2000)],
    checks = [(fails = "module == nullptr || fatCubin == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # The image is a whole fatbin; the guest knows its length from its header.
  struct Request {
    module @0 :UInt64 $Vgpu.creates(module);
    fatCubin @1 :Data;
  }
  struct Reply {}
}

struct ModuleUnload $Vgpu.call(operation = 516, symbol = "cuModuleUnload",
    parameters = "CUmodule hmod",
    callClass = sync, guest = written, host = written, context = none, capture = unsafe,
    exports = [(symbol = "cuModuleUnload", since = 2000)],
    checks = [(fails = "hmod == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hmod @0 :UInt64 $Vgpu.handle(module) $Vgpu.releases;
  }
  struct Reply {}
}

struct ModuleGetLoadingMode $Vgpu.call(operation = 517, symbol = "cuModuleGetLoadingMode",
    parameters = "CUmoduleLoadingMode *mode",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuModuleGetLoadingMode", since = 11070)],
    checks = [(fails = "mode == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {}
  struct Reply {
    mode @0 :UInt32 $Vgpu.cType("CUmoduleLoadingMode");
  }
}

struct ModuleGetFunction $Vgpu.call(operation = 518, symbol = "cuModuleGetFunction",
    parameters = "CUfunction *hfunc, CUmodule hmod, const char *name",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuModuleGetFunction", since = 2000)],
    checks = [(fails = "hfunc == nullptr || name == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hmod == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  # Asked twice, the guest answers with the same id.
  struct Request {
    hfunc @0 :UInt64 $Vgpu.creates(function);
    hmod @1 :UInt64 $Vgpu.handle(module);
    name @2 :Text;
  }
  struct Reply {
    # The parameter block: where each kernel parameter lies and how long it is, in bytes.
    parameterOffsets @0 :List(UInt32);
    parameterSizes @1 :List(UInt32);
  }
}

struct ModuleGetFunctionCount $Vgpu.call(operation = 519, symbol = "cuModuleGetFunctionCount",
    parameters = "unsigned int *count, CUmodule mod",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuModuleGetFunctionCount", since = 12040)],
    checks = [(fails = "count == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "mod == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    mod @0 :UInt64 $Vgpu.handle(module);
  }
  struct Reply {
    count @0 :UInt32;
  }
}

struct ModuleEnumerateFunctions $Vgpu.call(operation = 520, symbol = "cuModuleEnumerateFunctions",
    parameters = "CUfunction *functions, unsigned int numFunctions, CUmodule mod",
    callClass = sync, guest = none, host = none, context = current, capture = safe,
    exports = [(symbol = "cuModuleEnumerateFunctions", since = 12040)],
    checks = [(fails = "(numFunctions != 0 && functions == nullptr)", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "mod == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    numFunctions @0 :UInt32;
    mod @1 :UInt64 $Vgpu.handle(module);
  }
  struct Reply {
    functions @0 :List(UInt64) $Vgpu.handle(function) $Vgpu.length("numFunctions");
  }
}

struct ModuleGetGlobal $Vgpu.call(operation = 521, symbol = "cuModuleGetGlobal",
    parameters = "CUdeviceptr *dptr, size_t *bytes, CUmodule hmod, const char *name",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuModuleGetGlobal", since = 2000, parameters = "CUdeviceptr_v1 *dptr, unsigned int *bytes, "
                "CUmodule hmod, const char *name", guest = written),
               (symbol = "cuModuleGetGlobal_v2", since = 3020)],
    checks = [(fails = "name == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "hmod == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    hmod @0 :UInt64 $Vgpu.handle(module);
    name @1 :Text;
  }
  struct Reply {
    dptr @0 :UInt64 $Vgpu.optional;
    bytes @1 :UInt64 $Vgpu.optional;
    # As in LibraryGetGlobal.
    sharedBegin @2 :UInt64;
    sharedBytes @3 :UInt64;
  }
}

struct ModuleGetTexRef $Vgpu.call(operation = 522, symbol = "cuModuleGetTexRef",
    parameters = "CUtexref *pTexRef, CUmodule hmod, const char *name",
    callClass = sync, guest = generated, host = written, context = none, capture = safe,
    exports = [(symbol = "cuModuleGetTexRef", since = 2000)],
    checks = [(fails = "pTexRef == nullptr || name == nullptr || hmod == nullptr",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hmod @0 :UInt64 $Vgpu.handle(module);
    name @1 :Text;
  }
  struct Reply {
    pTexRef @0 :UInt64 $Vgpu.handle(textureReference);
  }
}

struct ModuleGetSurfRef $Vgpu.call(operation = 523, symbol = "cuModuleGetSurfRef",
    parameters = "CUsurfref *pSurfRef, CUmodule hmod, const char *name",
    callClass = sync, guest = generated, host = written, context = none, capture = safe,
    exports = [(symbol = "cuModuleGetSurfRef", since = 3000)],
    checks = [(fails = "pSurfRef == nullptr || name == nullptr || hmod == nullptr",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    hmod @0 :UInt64 $Vgpu.handle(module);
    name @1 :Text;
  }
  struct Reply {
    pSurfRef @0 :UInt64 $Vgpu.handle(surfaceReference);
  }
}
