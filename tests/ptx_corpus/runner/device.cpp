#include "device.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>

namespace vgpu::ptx_corpus {

/// The entry points used, by the names that the library exports.
struct Device::Functions {
  explicit Functions(const std::string& path)
      : library(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (library == nullptr) throw DriverError(dlerror());
    find(init, "cuInit");
    find(device_name, "cuDeviceGetName");
    find(context_create, "cuCtxCreate_v2");
    find(context_destroy, "cuCtxDestroy_v2");
    find(stream_create, "cuStreamCreate");
    find(stream_query, "cuStreamQuery");
    find(stream_destroy, "cuStreamDestroy_v2");
    find(module_load, "cuModuleLoadDataEx");
    find(module_unload, "cuModuleUnload");
    find(module_function, "cuModuleGetFunction");
    find(launch, "cuLaunchKernel");
    find(launch_cooperative, "cuLaunchCooperativeKernel");
    find(allocate, "cuMemAlloc_v2");
    find(release, "cuMemFree_v2");
    find(to_device, "cuMemcpyHtoD_v2");
    find(to_host, "cuMemcpyDtoH_v2");
    find(fill, "cuMemsetD8_v2");
    find(function_set, "cuFuncSetAttribute");
    find(error_name, "cuGetErrorName");
    find(array_create, "cuArray3DCreate_v2");
    find(array_destroy, "cuArrayDestroy");
    find(mipmap_create, "cuMipmappedArrayCreate");
    find(mipmap_destroy, "cuMipmappedArrayDestroy");
    find(mipmap_level, "cuMipmappedArrayGetLevel");
    find(copy_3d, "cuMemcpy3D_v2");
    find(texture_create, "cuTexObjectCreate");
    find(texture_destroy, "cuTexObjectDestroy");
    find(surface_create, "cuSurfObjectCreate");
    find(surface_destroy, "cuSurfObjectDestroy");
  }

  template <class F>
  void find(F& function, const char* symbol) {
    function = reinterpret_cast<F>(dlsym(library, symbol));
    if (function == nullptr) throw DriverError(std::string(symbol) + " is not exported");
  }

  void* library;
  CUresult (*init)(unsigned);
  CUresult (*device_name)(char*, int, CUdevice);
  CUresult (*context_create)(CUcontext*, unsigned, CUdevice);
  CUresult (*context_destroy)(CUcontext);
  CUresult (*stream_create)(CUstream*, unsigned);
  CUresult (*stream_query)(CUstream);
  CUresult (*stream_destroy)(CUstream);
  CUresult (*module_load)(CUmodule*, const void*, unsigned, CUjit_option*, void**);
  CUresult (*module_unload)(CUmodule);
  CUresult (*module_function)(CUfunction*, CUmodule, const char*);
  CUresult (*launch)(CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                     unsigned, CUstream, void**, void**);
  CUresult (*launch_cooperative)(CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned,
                                 unsigned, unsigned, CUstream, void**);
  CUresult (*allocate)(CUdeviceptr*, std::size_t);
  CUresult (*release)(CUdeviceptr);
  CUresult (*to_device)(CUdeviceptr, const void*, std::size_t);
  CUresult (*to_host)(void*, CUdeviceptr, std::size_t);
  CUresult (*fill)(CUdeviceptr, unsigned char, std::size_t);
  CUresult (*function_set)(CUfunction, CUfunction_attribute, int);
  CUresult (*error_name)(CUresult, const char**);
  CUresult (*array_create)(CUarray*, const CUDA_ARRAY3D_DESCRIPTOR*);
  CUresult (*array_destroy)(CUarray);
  CUresult (*mipmap_create)(CUmipmappedArray*, const CUDA_ARRAY3D_DESCRIPTOR*, unsigned);
  CUresult (*mipmap_destroy)(CUmipmappedArray);
  CUresult (*mipmap_level)(CUarray*, CUmipmappedArray, unsigned);
  CUresult (*copy_3d)(const CUDA_MEMCPY3D*);
  CUresult (*texture_create)(CUtexObject*, const CUDA_RESOURCE_DESC*, const CUDA_TEXTURE_DESC*,
                             const CUDA_RESOURCE_VIEW_DESC*);
  CUresult (*texture_destroy)(CUtexObject);
  CUresult (*surface_create)(CUsurfObject*, const CUDA_RESOURCE_DESC*);
  CUresult (*surface_destroy)(CUsurfObject);
};

namespace {

std::size_t bytes_of_format(unsigned format) {
  switch (static_cast<CUarray_format>(format)) {
    case CU_AD_FORMAT_UNSIGNED_INT8:
    case CU_AD_FORMAT_SIGNED_INT8:
      return 1;
    case CU_AD_FORMAT_UNSIGNED_INT16:
    case CU_AD_FORMAT_SIGNED_INT16:
    case CU_AD_FORMAT_HALF:
      return 2;
    default:
      return 4;
  }
}

constexpr std::byte untouched{0xa5};

}  // namespace

/// The arrays, textures and surfaces of one case.
class Device::Objects {
 public:
  Objects(const Functions& cu, const Case& item, CUdeviceptr input) : cu_(cu), item_(item) {
    for (const ArraySpec& spec : item.arrays) make_array(spec);
    for (const ObjectSpec& spec : item.objects) make_object(spec, input);
  }
  ~Objects() {
    for (const CUtexObject object : textures_) cu_.texture_destroy(object);
    for (const CUsurfObject object : surfaces_) cu_.surface_destroy(object);
    for (const Made& made : arrays_)
      made.mipmap != nullptr ? cu_.mipmap_destroy(made.mipmap) : cu_.array_destroy(made.levels[0]);
  }
  Objects(const Objects&) = delete;
  Objects& operator=(const Objects&) = delete;

  CUresult status() const { return status_; }
  std::vector<unsigned long long>& handles() { return handles_; }

  /// Appends the content of the arrays that are read back.
  CUresult read_back(std::vector<std::byte>& output) {
    for (std::size_t i = 0; i < arrays_.size(); ++i) {
      if (!item_.arrays[i].read_back) continue;
      std::size_t at = output.size();
      output.resize(at + item_.arrays[i].content.size());
      for (unsigned level = 0; level < arrays_[i].levels.size(); ++level)
        at += copy(item_.arrays[i], arrays_[i].levels[level], level, output.data() + at, false);
    }
    return status_;
  }

 private:
  struct Made {
    CUmipmappedArray mipmap = nullptr;
    std::vector<CUarray> levels;
  };

  void keep(CUresult result) {
    if (status_ == CUDA_SUCCESS) status_ = result;
  }

  void make_array(const ArraySpec& spec) {
    CUDA_ARRAY3D_DESCRIPTOR descriptor{};
    descriptor.Width = spec.width;
    descriptor.Height = spec.height;
    descriptor.Depth = spec.depth;
    descriptor.Format = static_cast<CUarray_format>(spec.format);
    descriptor.NumChannels = spec.channels;
    descriptor.Flags = spec.flags;
    Made made;
    made.levels.resize(spec.levels);
    if (spec.levels > 1) {
      keep(cu_.mipmap_create(&made.mipmap, &descriptor, spec.levels));
      for (unsigned level = 0; status_ == CUDA_SUCCESS && level < spec.levels; ++level)
        keep(cu_.mipmap_level(&made.levels[level], made.mipmap, level));
    } else {
      keep(cu_.array_create(made.levels.data(), &descriptor));
    }
    if (status_ != CUDA_SUCCESS) return;
    arrays_.push_back(made);
    std::size_t at = 0;
    for (unsigned level = 0; level < spec.levels; ++level)
      at += copy(spec, made.levels[level], level, const_cast<std::byte*>(spec.content.data()) + at,
                 true);
  }

  /// Copies one level between the array and `host`; returns its bytes.
  std::size_t copy(const ArraySpec& spec, CUarray array, unsigned level, std::byte* host, bool in) {
    const bool layered = (spec.flags & (CUDA_ARRAY3D_LAYERED | CUDA_ARRAY3D_CUBEMAP)) != 0;
    const auto shrunk = [level](std::size_t extent) {
      return std::max<std::size_t>(extent >> level, 1);
    };
    const std::size_t width = shrunk(spec.width) * spec.channels * bytes_of_format(spec.format);
    const std::size_t height = spec.height == 0 ? 1 : shrunk(spec.height);
    const std::size_t depth = spec.depth == 0 ? 1 : layered ? spec.depth : shrunk(spec.depth);
    CUDA_MEMCPY3D copy{};
    copy.srcMemoryType = in ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_ARRAY;
    copy.dstMemoryType = in ? CU_MEMORYTYPE_ARRAY : CU_MEMORYTYPE_HOST;
    (in ? copy.dstArray : copy.srcArray) = array;
    if (in) {
      copy.srcHost = host;
      copy.srcPitch = width;
      copy.srcHeight = height;
    } else {
      copy.dstHost = host;
      copy.dstPitch = width;
      copy.dstHeight = height;
    }
    copy.WidthInBytes = width;
    copy.Height = height;
    copy.Depth = depth;
    keep(cu_.copy_3d(&copy));
    return width * height * depth;
  }

  void make_object(const ObjectSpec& spec, CUdeviceptr input) {
    if (status_ != CUDA_SUCCESS) return;
    CUDA_RESOURCE_DESC resource{};
    if (spec.array < 0) {
      resource.resType = CU_RESOURCE_TYPE_LINEAR;
      resource.res.linear.devPtr = input;
      resource.res.linear.format = static_cast<CUarray_format>(spec.linear_format);
      resource.res.linear.numChannels = spec.linear_channels;
      resource.res.linear.sizeInBytes =
          spec.linear_texels * spec.linear_channels * bytes_of_format(spec.linear_format);
    } else if (const Made& made = arrays_[static_cast<std::size_t>(spec.array)];
               made.mipmap != nullptr && !spec.surface) {
      resource.resType = CU_RESOURCE_TYPE_MIPMAPPED_ARRAY;
      resource.res.mipmap.hMipmappedArray = made.mipmap;
    } else {
      resource.resType = CU_RESOURCE_TYPE_ARRAY;
      resource.res.array.hArray = made.levels[0];
    }
    if (spec.surface) {
      CUsurfObject object = 0;
      keep(cu_.surface_create(&object, &resource));
      if (status_ == CUDA_SUCCESS) surfaces_.push_back(object);
      handles_.push_back(object);
      return;
    }
    CUDA_TEXTURE_DESC texture{};
    for (CUaddress_mode& mode : texture.addressMode)
      mode = static_cast<CUaddress_mode>(spec.address_mode);
    texture.filterMode = static_cast<CUfilter_mode>(spec.filter);
    texture.mipmapFilterMode = texture.filterMode;
    texture.maxMipmapLevelClamp = spec.max_level;
    texture.flags = spec.flags;
    std::copy(std::begin(spec.border), std::end(spec.border), std::begin(texture.borderColor));
    CUtexObject object = 0;
    keep(cu_.texture_create(&object, &resource, &texture, nullptr));
    if (status_ == CUDA_SUCCESS) textures_.push_back(object);
    handles_.push_back(object);
  }

  const Functions& cu_;
  const Case& item_;
  CUresult status_ = CUDA_SUCCESS;
  std::vector<Made> arrays_;
  std::vector<CUtexObject> textures_;
  std::vector<CUsurfObject> surfaces_;
  std::vector<unsigned long long> handles_;
};

Device::Device(const std::string& library) {
  // The whole module is compiled when it is loaded, so that the reason is in its log.
  setenv("CUDA_MODULE_LOADING", "EAGER", 1);
  cu_ = std::make_unique<Functions>(library);
  check(cu_->init(0), "cuInit");
  open_context();
}

Device::~Device() {
  close_context();
}

void Device::check(CUresult result, const char* what) const {
  if (result == CUDA_SUCCESS) return;
  const char* text = nullptr;
  cu_->error_name(result, &text);
  throw DriverError(std::string(what) + ": " + (text != nullptr ? text : "unknown error"));
}

void Device::open_context() {
  check(cu_->context_create(&context_, 0, 0), "cuCtxCreate");
  // A blocking stream: launches in it wait for the copies and fills of the default stream.
  check(cu_->stream_create(&stream_, CU_STREAM_DEFAULT), "cuStreamCreate");
}

void Device::close_context() {
  if (context_ != nullptr) cu_->context_destroy(context_);
  context_ = nullptr;
  input_ = output_ = 0;
  input_capacity_ = output_capacity_ = 0;
}

std::string Device::name() const {
  char text[256] = "";
  check(cu_->device_name(text, sizeof text, 0), "cuDeviceGetName");
  return text;
}

void Device::reserve(CUdeviceptr& buffer, std::size_t& capacity, std::size_t size) {
  if (size <= capacity) return;
  if (buffer != 0) check(cu_->release(buffer), "cuMemFree");
  capacity = std::max<std::size_t>(size, std::size_t{1} << 20);
  check(cu_->allocate(&buffer, capacity), "cuMemAlloc");
}

bool Device::wait(std::chrono::seconds limit, CUresult& result) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while ((result = cu_->stream_query(stream_)) == CUDA_ERROR_NOT_READY) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

void Device::launch(const Case& item, CUfunction function, std::chrono::seconds limit,
                    Outcome& outcome) {
  reserve(input_, input_capacity_, item.input.size() + 16);
  reserve(output_, output_capacity_, item.output_size + 16);
  if (!item.input.empty())
    check(cu_->to_device(input_, item.input.data(), item.input.size()), "cuMemcpyHtoD");
  check(cu_->fill(output_, static_cast<unsigned char>(untouched), item.output_size + 16),
        "cuMemsetD8");
  Objects objects(*cu_, item, input_);
  outcome.status = objects.status();
  if (outcome.status != CUDA_SUCCESS) {
    outcome.log = "its arrays, textures or surfaces cannot be made";
    return;
  }
  outcome.stage = Outcome::Stage::launch;
  if (item.shared > 48 * 1024)
    check(cu_->function_set(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                            static_cast<int>(item.shared)),
          "cuFuncSetAttribute");
  std::vector<void*> parameters = {&input_, &output_};
  for (unsigned long long& handle : objects.handles()) parameters.push_back(&handle);
  const auto* g = item.grid;
  const auto* b = item.block;
  outcome.status = item.cooperative
                       ? cu_->launch_cooperative(function, g[0], g[1], g[2], b[0], b[1], b[2],
                                                 item.shared, stream_, parameters.data())
                       : cu_->launch(function, g[0], g[1], g[2], b[0], b[1], b[2], item.shared,
                                     stream_, parameters.data(), nullptr);
  if (outcome.status != CUDA_SUCCESS) return;
  if (!wait(limit, outcome.status)) {
    outcome.timed_out = true;
    return;
  }
  if (outcome.status != CUDA_SUCCESS) return;
  outcome.output.resize(item.output_size);
  if (item.output_size != 0)
    check(cu_->to_host(outcome.output.data(), output_, item.output_size), "cuMemcpyDtoH");
  outcome.status = objects.read_back(outcome.output);
  if (outcome.status == CUDA_SUCCESS) outcome.stage = Outcome::Stage::finished;
}

Outcome Device::run(const Case& item, std::chrono::seconds limit) {
  Outcome outcome;
  const std::string text(item.ptx);
  std::vector<char> log(8192);
  CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
  void* values[] = {log.data(), reinterpret_cast<void*>(log.size())};
  CUmodule module = nullptr;
  outcome.status = cu_->module_load(&module, text.c_str(), 2, options, values);
  outcome.log = log.data();
  if (outcome.status != CUDA_SUCCESS) return outcome;
  CUfunction function = nullptr;
  outcome.status = cu_->module_function(&function, module, "k");
  if (outcome.status == CUDA_SUCCESS) launch(item, function, limit, outcome);
  if (outcome.timed_out) return outcome;
  const CUresult unloaded = cu_->module_unload(module);
  if (unloaded != CUDA_SUCCESS) {
    close_context();
    try {
      open_context();
    } catch (const DriverError&) {
      outcome.context_lost = true;
    }
  }
  return outcome;
}

}  // namespace vgpu::ptx_corpus
