@0xc2f4a1d7e95b33c0;
# How many blocks and clusters fit.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::occupancy");

# A function handle here may be a kernel handle too, as CUDA allows.

struct OccupancyMaxActiveBlocksPerMultiprocessor $Vgpu.call(operation = 2112,
symbol = "cuOccupancyMaxActiveBlocksPerMultiprocessor",
    parameters = "int *numBlocks, CUfunction func, int blockSize, size_t dynamicSMemSize",
    callClass = sync, guest = generated, host = generated, context = current, capture = safe,
    exports = [(symbol = "cuOccupancyMaxActiveBlocksPerMultiprocessor", since = 6050)],
    checks = [(fails = "numBlocks == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "func == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    func @0 :UInt64 $Vgpu.handle(function);
    blockSize @1 :Int32;
    dynamicSMemSize @2 :UInt64;
  }
  struct Reply {
    numBlocks @0 :Int32;
  }
}

struct OccupancyMaxActiveBlocksPerMultiprocessorWithFlags $Vgpu.call(operation = 2113,
symbol = "cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags",
    parameters = "int *numBlocks, CUfunction func, int blockSize, size_t dynamicSMemSize, unsigned int flags",
    callClass = sync, guest = generated, host = generated, context = current, capture = safe,
    exports = [(symbol = "cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags", since = 7000)],
    checks = [(fails = "numBlocks == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "func == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    func @0 :UInt64 $Vgpu.handle(function);
    blockSize @1 :Int32;
    dynamicSMemSize @2 :UInt64;
    flags @3 :UInt32;
  }
  struct Reply {
    numBlocks @0 :Int32;
  }
}

struct OccupancyMaxPotentialBlockSize $Vgpu.call(operation = 2114, symbol = "cuOccupancyMaxPotentialBlockSize",
    parameters = "int *minGridSize, int *blockSize, CUfunction func, CUoccupancyB2DSize blockSizeToDynamicSMemSize, "
                 "size_t dynamicSMemSize, int blockSizeLimit",
    callClass = sync, guest = none, host = none, context = current, capture = safe,
    exports = [(symbol = "cuOccupancyMaxPotentialBlockSize", since = 6050)],
    checks = [(fails = "minGridSize == nullptr || blockSize == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "func == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  # The callback runs in the guest.
  struct Request {
    func @0 :UInt64 $Vgpu.handle(function);
    blockSizeToDynamicSMemSize @1 :UInt64 $Vgpu.cType("CUoccupancyB2DSize");
    dynamicSMemSize @2 :UInt64;
    blockSizeLimit @3 :Int32;
  }
  struct Reply {
    minGridSize @0 :Int32;
    blockSize @1 :Int32;
  }
}

struct OccupancyMaxPotentialBlockSizeWithFlags $Vgpu.call(operation = 2115,
symbol = "cuOccupancyMaxPotentialBlockSizeWithFlags",
    parameters = "int *minGridSize, int *blockSize, CUfunction func, CUoccupancyB2DSize blockSizeToDynamicSMemSize, "
                 "size_t dynamicSMemSize, int blockSizeLimit, unsigned int flags",
    callClass = sync, guest = none, host = none, context = current, capture = safe,
    exports = [(symbol = "cuOccupancyMaxPotentialBlockSizeWithFlags", since = 7000)],
    checks = [(fails = "minGridSize == nullptr || blockSize == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "func == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  # The callback runs in the guest.
  struct Request {
    func @0 :UInt64 $Vgpu.handle(function);
    blockSizeToDynamicSMemSize @1 :UInt64 $Vgpu.cType("CUoccupancyB2DSize");
    dynamicSMemSize @2 :UInt64;
    blockSizeLimit @3 :Int32;
    flags @4 :UInt32;
  }
  struct Reply {
    minGridSize @0 :Int32;
    blockSize @1 :Int32;
  }
}

struct OccupancyAvailableDynamicSMemPerBlock $Vgpu.call(operation = 2116,
symbol = "cuOccupancyAvailableDynamicSMemPerBlock",
    parameters = "size_t *dynamicSmemSize, CUfunction func, int numBlocks, int blockSize",
    callClass = sync, guest = generated, host = generated, context = current, capture = safe,
    exports = [(symbol = "cuOccupancyAvailableDynamicSMemPerBlock", since = 10020)],
    checks = [(fails = "dynamicSmemSize == nullptr", error = "CUDA_ERROR_INVALID_VALUE"),
              (fails = "func == nullptr", error = "CUDA_ERROR_INVALID_HANDLE")]) {
  struct Request {
    func @0 :UInt64 $Vgpu.handle(function);
    numBlocks @1 :Int32;
    blockSize @2 :Int32;
  }
  struct Reply {
    dynamicSmemSize @0 :UInt64;
  }
}

struct OccupancyMaxPotentialClusterSize $Vgpu.call(operation = 2117, symbol = "cuOccupancyMaxPotentialClusterSize",
    parameters = "int *clusterSize, CUfunction func, const CUlaunchConfig *config",
    callClass = sync, guest = written, host = written, context = current, capture = safe,
    exports = [(symbol = "cuOccupancyMaxPotentialClusterSize", since = 11070)],
    checks = [(fails = "clusterSize == nullptr || config == nullptr || func == nullptr",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    func @0 :UInt64 $Vgpu.handle(function);
    config @1 :Data $Vgpu.layout("CUlaunchConfig");
    attributes @2 :Data $Vgpu.layout("CUlaunchAttribute");  # the config->numAttrs that config points to
  }
  struct Reply {
    clusterSize @0 :Int32;
  }
}

struct OccupancyMaxActiveClusters $Vgpu.call(operation = 2118, symbol = "cuOccupancyMaxActiveClusters",
    parameters = "int *numClusters, CUfunction func, const CUlaunchConfig *config",
    callClass = sync, guest = written, host = written, context = current, capture = safe,
    exports = [(symbol = "cuOccupancyMaxActiveClusters", since = 11070)],
    checks = [(fails = "numClusters == nullptr || config == nullptr || func == nullptr",
               error = "CUDA_ERROR_INVALID_VALUE")]) {
  struct Request {
    func @0 :UInt64 $Vgpu.handle(function);
    config @1 :Data $Vgpu.layout("CUlaunchConfig");
    attributes @2 :Data $Vgpu.layout("CUlaunchAttribute");  # the config->numAttrs that config points to
  }
  struct Reply {
    numClusters @0 :Int32;
  }
}
