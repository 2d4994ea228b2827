@0xc2f4a1d7e95b3250;
# Libraries and kernels: device code loaded once for all contexts.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::library");

struct LibraryLoadData $Vgpu.call(operation = 576, symbol = "cuLibraryLoadData",
    parameters = "CUlibrary *library, const void *code, CUjit_option *jitOptions, void **jitOptionsValues, "
                 "unsigned int numJitOptions, CUlibraryOption *libraryOptions, void **libraryOptionValues, "
                 "unsigned int numLibraryOptions",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuLibraryLoadData", since = 12000)],
    checks = [(fails = "library == nullptr || code == nullptr || (numJitOptions != 0 && jitOptions == nullptr) || "
               "(numJitOptions != 0 && jitOptionsValues == nullptr) || (numLibraryOptions != 0 && "
               "libraryOptions == nullptr)", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # The guest finds the length of `code` in the image itself. Outputs among the option values come back.
  struct Request {
    library @0 :UInt64 $Vgpu.creates(library);
    code @1 :Data;
    jitOptions @2 :List(UInt32) $Vgpu.cType("CUjit_option") $Vgpu.length("numJitOptions");
    jitOptionsValues @3 :List(UInt64) $Vgpu.length("numJitOptions");
    numJitOptions @4 :UInt32;
    libraryOptions @5 :List(UInt32) $Vgpu.cType("CUlibraryOption") $Vgpu.length("numLibraryOptions");
    libraryOptionValues @6 :List(UInt64) $Vgpu.length("numLibraryOptions") $Vgpu.optional;
    numLibraryOptions @7 :UInt32;
  }
  struct Reply {
    jitOptionsValues @0 :List(UInt64) $Vgpu.length("numJitOptions");
    infoLog @1 :Data;  # for CU_JIT_INFO_LOG_BUFFER
    errorLog @2 :Data;  # for CU_JIT_ERROR_LOG_BUFFER
    loadResult @3 :Int32;  # CUresult of the load: logs come back with a failed one too
  }
}

struct LibraryLoadFromFile $Vgpu.call(operation = 577, symbol = "cuLibraryLoadFromFile",
    parameters = "CUlibrary *library, const char *fileName, CUjit_option *jitOptions, void **jitOptionsValues, "
                 "unsigned int numJitOptions, CUlibraryOption *libraryOptions, void **libraryOptionValues, "
                 "unsigned int numLibraryOptions",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuLibraryLoadFromFile", since = 12000)],
    checks = [(fails = "library == nullptr || fileName == nullptr || (numJitOptions != 0 && jitOptions == nullptr) || "
               "(numJitOptions != 0 && jitOptionsValues == nullptr) || (numLibraryOptions != 0 && "
               "libraryOptions == nullptr)", error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    library @0 :UInt64 $Vgpu.creates(library);
    fileName @1 :Text;
    jitOptions @2 :List(UInt32) $Vgpu.cType("CUjit_option") $Vgpu.length("numJitOptions");
    jitOptionsValues @3 :List(UInt64) $Vgpu.length("numJitOptions");
    numJitOptions @4 :UInt32;
    libraryOptions @5 :List(UInt32) $Vgpu.cType("CUlibraryOption") $Vgpu.length("numLibraryOptions");
    libraryOptionValues @6 :List(UInt64) $Vgpu.length("numLibraryOptions") $Vgpu.optional;
    numLibraryOptions @7 :UInt32;
    code @8 :Data;  # the bytes of the file, which is the guest's
  }
  struct Reply {
    jitOptionsValues @0 :List(UInt64) $Vgpu.length("numJitOptions");
    infoLog @1 :Data;  # for CU_JIT_INFO_LOG_BUFFER
    errorLog @2 :Data;  # for CU_JIT_ERROR_LOG_BUFFER
    loadResult @3 :Int32;  # CUresult of the load: logs come back with a failed one too
  }
}

struct LibraryUnload $Vgpu.call(operation = 578, symbol = "cuLibraryUnload",
    parameters = "CUlibrary library",
    callClass = sync, guest = written, host = written, context = none, capture = unsafe,
    exports = [(symbol = "cuLibraryUnload", since = 12000)],
    checks = [(fails = "library == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    library @0 :UInt64 $Vgpu.handle(library) $Vgpu.releases;
  }
  struct Reply {}
}

struct LibraryGetKernel $Vgpu.call(operation = 579, symbol = "cuLibraryGetKernel",
    parameters = "CUkernel *pKernel, CUlibrary library, const char *name",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuLibraryGetKernel", since = 12000)],
    checks = [(fails = "pKernel == nullptr || name == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "library == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  # Asked twice, the guest answers with the same id.
  struct Request {
    pKernel @0 :UInt64 $Vgpu.creates(kernel);
    library @1 :UInt64 $Vgpu.handle(library);
    name @2 :Text;
  }
  struct Reply {
    # The parameter block: where each kernel parameter lies and how long it is, in bytes.
    parameterOffsets @0 :List(UInt32);
    parameterSizes @1 :List(UInt32);
    layoutKnown @2 :UInt32;  # 0: no context was current; see CallableLayout
  }
}

struct LibraryGetKernelCount $Vgpu.call(operation = 580, symbol = "cuLibraryGetKernelCount",
    parameters = "unsigned int *count, CUlibrary lib",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuLibraryGetKernelCount", since = 12040)],
    checks = [(fails = "count == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "lib == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    lib @0 :UInt64 $Vgpu.handle(library);
  }
  struct Reply {
    count @0 :UInt32;
  }
}

struct LibraryEnumerateKernels $Vgpu.call(operation = 581, symbol = "cuLibraryEnumerateKernels",
    parameters = "CUkernel *kernels, unsigned int numKernels, CUlibrary lib",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuLibraryEnumerateKernels", since = 12040)],
    checks = [(fails = "(numKernels != 0 && kernels == nullptr)", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "lib == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    numKernels @0 :UInt32;
    lib @1 :UInt64 $Vgpu.handle(library);
  }
  struct Reply {
    # One name a line: the guest asks for each by name, so that a kernel has one handle.
    names @0 :Text;
  }
}

struct LibraryGetModule $Vgpu.call(operation = 582, symbol = "cuLibraryGetModule",
    parameters = "CUmodule *pMod, CUlibrary library",
    callClass = sync, guest = written, host = written, context = current, capture = safe,
    exports = [(symbol = "cuLibraryGetModule", since = 12000)],
    checks = [(fails = "pMod == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "library == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  # Asked twice in one context, the guest answers with the same id.
  struct Request {
    pMod @0 :UInt64 $Vgpu.creates(module);
    library @1 :UInt64 $Vgpu.handle(library);
  }
  struct Reply {}
}

struct KernelGetFunction $Vgpu.call(operation = 583, symbol = "cuKernelGetFunction",
    parameters = "CUfunction *pFunc, CUkernel kernel",
    callClass = sync, guest = written, host = written, context = current, capture = safe,
    exports = [(symbol = "cuKernelGetFunction", since = 12000)],
    checks = [(fails = "pFunc == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "kernel == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  # Asked twice in one context, the guest answers with the same id.
  struct Request {
    pFunc @0 :UInt64 $Vgpu.creates(function);
    kernel @1 :UInt64 $Vgpu.handle(kernel);
  }
  struct Reply {
    # The parameter block: where each kernel parameter lies and how long it is, in bytes.
    parameterOffsets @0 :List(UInt32);
    parameterSizes @1 :List(UInt32);
  }
}

struct KernelGetLibrary $Vgpu.call(operation = 584, symbol = "cuKernelGetLibrary",
    parameters = "CUlibrary *pLib, CUkernel kernel",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuKernelGetLibrary", since = 12050)],
    checks = [(fails = "pLib == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "kernel == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    kernel @0 :UInt64 $Vgpu.handle(kernel);
  }
  struct Reply {
    pLib @0 :UInt64 $Vgpu.handle(library);
  }
}

struct LibraryGetGlobal $Vgpu.call(operation = 585, symbol = "cuLibraryGetGlobal",
    parameters = "CUdeviceptr *dptr, size_t *bytes, CUlibrary library, const char *name",
    callClass = sync, guest = written, host = written, context = current, capture = safe,
    exports = [(symbol = "cuLibraryGetGlobal", since = 12000)],
    checks = [(fails = "name == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "library == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    library @0 :UInt64 $Vgpu.handle(library);
    name @1 :Text;
  }
  struct Reply {
    dptr @0 :UInt64 $Vgpu.optional;
    bytes @1 :UInt64 $Vgpu.optional;
    # A variable that host and device share: the bytes around it that the guest is to have at the same address, and, where
    # a descriptor comes with the reply, in the same memory. 0 = no such variable.
    sharedBegin @2 :UInt64;
    sharedBytes @3 :UInt64;
  }
}

struct LibraryGetManaged $Vgpu.call(operation = 586, symbol = "cuLibraryGetManaged",
    parameters = "CUdeviceptr *dptr, size_t *bytes, CUlibrary library, const char *name",
    callClass = sync, guest = written, host = written, context = none, capture = safe,
    exports = [(symbol = "cuLibraryGetManaged", since = 12000)],
    checks = [(fails = "name == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "library == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    library @0 :UInt64 $Vgpu.handle(library);
    name @1 :Text;
  }
  struct Reply {
    dptr @0 :UInt64 $Vgpu.optional;
    bytes @1 :UInt64 $Vgpu.optional;
    # A variable that host and device share: the bytes around it that the guest is to have at the same address, and, where
    # a descriptor comes with the reply, in the same memory. 0 = no such variable.
    sharedBegin @2 :UInt64;
    sharedBytes @3 :UInt64;
  }
}

struct LibraryGetUnifiedFunction $Vgpu.call(operation = 587, symbol = "cuLibraryGetUnifiedFunction",
    parameters = "void **fptr, CUlibrary library, const char *symbol",
    callClass = sync, guest = none, host = none, context = none, capture = safe,
    exports = [(symbol = "cuLibraryGetUnifiedFunction", since = 12000)],
    checks = [(fails = "fptr == nullptr || symbol == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "library == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  # The address of a host function that device code may be compiled to call.
  struct Request {
    library @0 :UInt64 $Vgpu.handle(library);
    symbol @1 :Text;
  }
  struct Reply {
    fptr @0 :UInt64;
  }
}

struct KernelGetAttribute $Vgpu.call(operation = 588, symbol = "cuKernelGetAttribute",
    parameters = "int *pi, CUfunction_attribute attrib, CUkernel kernel, CUdevice dev",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuKernelGetAttribute", since = 12000)],
    checks = [(fails = "pi == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "kernel == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    attrib @0 :UInt32 $Vgpu.cType("CUfunction_attribute");
    kernel @1 :UInt64 $Vgpu.handle(kernel);
    dev @2 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {
    pi @0 :Int32;
  }
}

struct KernelSetAttribute $Vgpu.call(operation = 589, symbol = "cuKernelSetAttribute",
    parameters = "CUfunction_attribute attrib, int val, CUkernel kernel, CUdevice dev",
    callClass = sync, guest = written, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuKernelSetAttribute", since = 12000)],
    checks = [(fails = "kernel == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    attrib @0 :UInt32 $Vgpu.cType("CUfunction_attribute");
    val @1 :Int32;
    kernel @2 :UInt64 $Vgpu.handle(kernel);
    dev @3 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {}
}

struct KernelSetCacheConfig $Vgpu.call(operation = 590, symbol = "cuKernelSetCacheConfig",
    parameters = "CUkernel kernel, CUfunc_cache config, CUdevice dev",
    callClass = sync, guest = generated, host = generated, context = none, capture = safe,
    exports = [(symbol = "cuKernelSetCacheConfig", since = 12000)],
    checks = [(fails = "kernel == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    kernel @0 :UInt64 $Vgpu.handle(kernel);
    config @1 :UInt32 $Vgpu.cType("CUfunc_cache");
    dev @2 :Int32 $Vgpu.cType("CUdevice");
  }
  struct Reply {}
}

struct KernelGetName $Vgpu.call(operation = 591, symbol = "cuKernelGetName",
    parameters = "const char **name, CUkernel hfunc",
    callClass = local, guest = written, host = none, context = none, capture = safe,
    exports = [(symbol = "cuKernelGetName", since = 12030)],
    checks = [(fails = "name == nullptr || hfunc == nullptr", error = "CUDA_ERROR_INVALID_VALUE")]) {
  # The string lives as long as the kernel: the guest keeps it.
  struct Request {
    hfunc @0 :UInt64 $Vgpu.handle(kernel);
  }
  struct Reply {
    name @0 :Text;
  }
}

struct KernelGetParamInfo $Vgpu.call(operation = 592, symbol = "cuKernelGetParamInfo",
    parameters = "CUkernel kernel, size_t paramIndex, size_t *paramOffset, size_t *paramSize",
    callClass = local, guest = written, host = none, context = current, capture = safe,
    exports = [(symbol = "cuKernelGetParamInfo", since = 12040)],
    checks = [(fails = "paramOffset == nullptr || kernel == nullptr",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    kernel @0 :UInt64 $Vgpu.handle(kernel);
    paramIndex @1 :UInt64;
  }
  struct Reply {
    paramOffset @0 :UInt64;
    paramSize @1 :UInt64;
  }
}
