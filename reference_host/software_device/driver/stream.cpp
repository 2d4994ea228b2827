#include "stream.hpp"

#include <algorithm>

#include "capture.hpp"
#include "driver.hpp"
#include "work.hpp"

using namespace vgpu::softdevice;

namespace {

constexpr int greatest_priority = -5;

CUresult create(CUstream* out, unsigned flags, int priority) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    if (out == nullptr || (flags & ~static_cast<unsigned>(CU_STREAM_NON_BLOCKING)) != 0) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    const auto stream = context->create_stream(flags, std::clamp(priority, greatest_priority, 0));
    stream->handle = driver().streams.add(stream);
    *out = stream->handle;
    return CUDA_SUCCESS;
  });
}

CUresult destroy(CUstream handle) {
  return entry([&]() -> CUresult {
    if (handle == nullptr || handle == CU_STREAM_LEGACY || handle == CU_STREAM_PER_THREAD) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    const auto stream = driver().streams.remove(handle);
    if (stream == nullptr) {
      return driver().streams.forget_orphan(handle) ? CUDA_ERROR_CONTEXT_IS_DESTROYED
                                                    : CUDA_ERROR_INVALID_HANDLE;
    }
    abandon_capture(stream);
    stream->close();
    return CUDA_SUCCESS;
  });
}

template <class Body>
CUresult with_stream(CUstream handle, bool per_thread, Body&& body) noexcept {
  return entry([&]() -> CUresult {
    std::shared_ptr<Stream> stream;
    std::shared_ptr<Context> context;
    if (const CUresult result = resolve_stream(handle, per_thread, stream, context);
        result != CUDA_SUCCESS) {
      return result;
    }
    return body(stream, context);
  });
}

template <class Value, class Read>
CUresult get(CUstream handle, bool per_thread, Value* out, Read&& read) noexcept {
  return with_stream(handle, per_thread, [&](const auto& stream, const auto& context) -> CUresult {
    if (out == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *out = read(*stream, *context);
    return CUDA_SUCCESS;
  });
}

/// The same for what cannot be asked of a capturing stream.
template <class Value, class Read>
CUresult get_outside_capture(CUstream handle, bool per_thread, Value* out, Read&& read) noexcept {
  return with_stream(handle, per_thread, [&](const auto& stream, const auto& context) -> CUresult {
    if (out == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (const CUresult result = refuse_capturing_stream(*stream); result != CUDA_SUCCESS) {
      return result;
    }
    *out = read(*stream, *context);
    return CUDA_SUCCESS;
  });
}

CUresult get_priority(CUstream handle, bool per_thread, int* out) {
  return get(handle, per_thread, out, [](Stream& s, Context&) { return s.priority(); });
}
CUresult get_flags(CUstream handle, bool per_thread, unsigned* out) {
  return get_outside_capture(handle, per_thread, out,
                             [](Stream& s, Context&) { return s.flags(); });
}
CUresult get_id(CUstream handle, bool per_thread, unsigned long long* out) {
  return get_outside_capture(handle, per_thread, out, [](Stream& s, Context&) {
    return static_cast<unsigned long long>(s.id());
  });
}
CUresult get_device(CUstream handle, bool per_thread, CUdevice* out) {
  return get_outside_capture(handle, per_thread, out,
                             [](Stream&, Context& c) { return c.device().ordinal(); });
}
CUresult get_context(CUstream handle, bool per_thread, CUcontext* out) {
  return get(handle, per_thread, out, [](Stream&, Context& c) { return c.handle; });
}
CUresult get_context_v2(CUstream handle, bool per_thread, CUcontext* out, CUgreenCtx* green) {
  CUcontext unasked = nullptr;
  const CUresult result = get_context(handle, per_thread, out != nullptr ? out : &unasked);
  if (result == CUDA_SUCCESS && green != nullptr) *green = nullptr;
  return result;
}

CUresult query(CUstream handle, bool per_thread) {
  return with_stream(handle, per_thread, [](const auto& stream, const auto& context) -> CUresult {
    if (const CUresult result = refuse_if_capturing(*stream, *context); result != CUDA_SUCCESS) {
      return result;
    }
    if (const CUresult result = check_unsafe_call(); result != CUDA_SUCCESS) return result;
    CompletionPtr last = stream->last();
    if (last != nullptr && !last->is_done()) return CUDA_ERROR_NOT_READY;
    // The legacy stream stands for all blocking streams.
    if (stream->kind() == Stream::Kind::legacy) {
      for (const auto& other : context->streams()) {
        last = other->is_blocking() ? other->last() : nullptr;
        if (last != nullptr && !last->is_done()) return CUDA_ERROR_NOT_READY;
      }
    }
    return context->sticky();
  });
}

CUresult synchronise(CUstream handle, bool per_thread) {
  return with_stream(handle, per_thread, [](const auto& stream, const auto& context) -> CUresult {
    if (const CUresult result = refuse_if_capturing(*stream, *context); result != CUDA_SUCCESS) {
      return result;
    }
    if (const CUresult result = check_unsafe_call(); result != CUDA_SUCCESS) return result;
    std::vector<CompletionPtr> ends{stream->last()};
    if (stream->kind() == Stream::Kind::legacy) {
      for (const auto& other : context->streams()) {
        if (other->is_blocking()) ends.push_back(other->last());
      }
    }
    for (const CompletionPtr& end : ends) {
      if (end != nullptr) end->wait();
    }
    context->output.show();
    return context->sticky();
  });
}

CUresult add_callback(CUstream handle, bool per_thread, CUstreamCallback callback, void* user_data,
                      unsigned flags) {
  return with_stream(handle, per_thread, [&](const auto& stream, const auto& context) -> CUresult {
    if (callback == nullptr || flags != 0) return CUDA_ERROR_INVALID_VALUE;
    if (const CUresult result = refuse_if_capturing(*stream, *context); result != CUDA_SUCCESS) {
      return result;
    }
    return submit(stream, context, CallbackWork{callback, handle, user_data});
  });
}

CUresult attach_memory(CUstream handle, bool per_thread, CUdeviceptr address, size_t length,
                       unsigned flags) {
  return with_stream(handle, per_thread, [&](const auto& stream, const auto& context) -> CUresult {
    if (const CUresult result = refuse_if_capturing(*stream, *context); result != CUDA_SUCCESS) {
      return result;
    }
    constexpr unsigned kinds = CU_MEM_ATTACH_GLOBAL | CU_MEM_ATTACH_HOST | CU_MEM_ATTACH_SINGLE;
    if ((flags & ~kinds) != 0 || (flags & (flags - 1)) != 0 || flags == 0) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    if (flags == CU_MEM_ATTACH_SINGLE && stream->kind() == Stream::Kind::legacy) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    const auto allocation = driver().allocations.find(address, 1);
    if (allocation == nullptr || allocation->kind != AllocationKind::managed) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    if (length != 0 && (address != allocation->base || length != allocation->size)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    // Host and device share the memory at all times: nothing is left to do but to keep the order.
    return submit(stream, context, EmptyWork{});
  });
}

CUresult batch(CUstream handle, bool per_thread, const CUstreamBatchMemOpParams* operations,
               unsigned count, unsigned flags) {
  return with_stream(handle, per_thread, [&](const auto& stream, const auto& context) -> CUresult {
    if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
    MemOpsWork work;
    if (const CUresult result = make_mem_ops_work(operations, count, work);
        result != CUDA_SUCCESS) {
      return result;
    }
    return submit(stream, context, std::move(work));
  });
}

CUresult wait_value(CUstream stream, bool per_thread, bool wide, CUdeviceptr address,
                    cuuint64_t value, unsigned flags) {
  CUstreamBatchMemOpParams op{};
  op.waitValue.operation = wide ? CU_STREAM_MEM_OP_WAIT_VALUE_64 : CU_STREAM_MEM_OP_WAIT_VALUE_32;
  op.waitValue.address = address;
  op.waitValue.value64 = value;
  op.waitValue.flags = flags;
  return batch(stream, per_thread, &op, 1, 0);
}

/// \param first_interface the form is of CUDA 8, whose writes may go without a barrier.
CUresult write_value(CUstream stream, bool per_thread, bool wide, CUdeviceptr address,
                     cuuint64_t value, unsigned flags, bool first_interface = false) {
  CUstreamBatchMemOpParams op{};
  op.writeValue.operation =
      wide ? CU_STREAM_MEM_OP_WRITE_VALUE_64 : CU_STREAM_MEM_OP_WRITE_VALUE_32;
  op.writeValue.address = address;
  op.writeValue.value64 = value;
  op.writeValue.flags = flags;
  const unsigned known = first_interface ? unsigned{CU_STREAM_WRITE_VALUE_NO_MEMORY_BARRIER} : 0U;
  if (is_initialised() && (flags & ~known) != 0) {
    return with_stream(stream, per_thread,
                       [](const auto&, const auto&) { return CUDA_ERROR_INVALID_VALUE; });
  }
  return batch(stream, per_thread, &op, 1, 0);
}

bool is_stored_attribute(CUstreamAttrID attribute) {
  return attribute == CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY ||
         attribute == CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW ||
         attribute == CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN_MAP ||
         attribute == CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN;
}

bool is_valid_attribute(CUstreamAttrID attribute, const CUstreamAttrValue& value) {
  switch (attribute) {
    case CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY:
      return value.syncPolicy >= CU_SYNC_POLICY_AUTO &&
             value.syncPolicy <= CU_SYNC_POLICY_BLOCKING_SYNC;
    case CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW:
      return value.accessPolicyWindow.missProp != CU_ACCESS_PROPERTY_PERSISTING;
    case CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN:
      return value.memSyncDomain == CU_LAUNCH_MEM_SYNC_DOMAIN_DEFAULT ||
             value.memSyncDomain == CU_LAUNCH_MEM_SYNC_DOMAIN_REMOTE;
    default:
      return true;
  }
}

CUresult get_attribute(CUstream handle, bool per_thread, CUstreamAttrID attribute,
                       CUstreamAttrValue* value) {
  return with_stream(handle, per_thread, [&](const auto& stream, const auto&) -> CUresult {
    if (value == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (attribute == CU_LAUNCH_ATTRIBUTE_PRIORITY) {
      *value = CUstreamAttrValue{};
      value->priority = stream->priority();
      return CUDA_SUCCESS;
    }
    if (!is_stored_attribute(attribute)) return CUDA_ERROR_INVALID_VALUE;
    const std::lock_guard lock(stream->attributes_mutex);
    if (const auto found = stream->attributes.find(attribute); found != stream->attributes.end()) {
      *value = found->second;
      return CUDA_SUCCESS;
    }
    *value = CUstreamAttrValue{};
    if (attribute == CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY) {
      value->syncPolicy = static_cast<CUsynchronizationPolicy>(-1);  // as the vendor's driver
    }
    return CUDA_SUCCESS;
  });
}

// Hints about caches and waiting: kept to be asked for, and without effect here.
CUresult set_attribute(CUstream handle, bool per_thread, CUstreamAttrID attribute,
                       const CUstreamAttrValue* value) {
  return with_stream(handle, per_thread, [&](const auto& stream, const auto&) -> CUresult {
    if (value == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (attribute == CU_LAUNCH_ATTRIBUTE_PRIORITY) return CUDA_SUCCESS;
    if (!is_stored_attribute(attribute) || !is_valid_attribute(attribute, *value)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    const std::lock_guard lock(stream->attributes_mutex);
    stream->attributes[attribute] = *value;
    return CUDA_SUCCESS;
  });
}

CUresult copy_attributes(CUstream target, CUstream source, bool per_thread) {
  return with_stream(target, per_thread, [&](const auto& to, const auto& context) {
    return with_stream(source, per_thread,
                       [&](const auto& from, const auto& from_context) -> CUresult {
                         if (context != from_context) return CUDA_ERROR_INVALID_VALUE;
                         if (to == from) return CUDA_SUCCESS;
                         const std::scoped_lock lock(to->attributes_mutex, from->attributes_mutex);
                         to->attributes = from->attributes;
                         return CUDA_SUCCESS;
                       });
  });
}

}  // namespace

extern "C" {

CUresult cuStreamCreate(CUstream* out, unsigned int flags) {
  return create(out, flags, 0);
}
CUresult cuStreamCreateWithPriority(CUstream* out, unsigned int flags, int priority) {
  return create(out, flags, priority);
}
CUresult cuStreamDestroy(CUstream stream) {
  return destroy(stream);
}
CUresult cuStreamDestroy_v2(CUstream stream) {
  return destroy(stream);
}

CUresult cuStreamGetPriority(CUstream s, int* out) {
  return get_priority(s, false, out);
}
CUresult cuStreamGetPriority_ptsz(CUstream s, int* out) {
  return get_priority(s, true, out);
}
CUresult cuStreamGetFlags(CUstream s, unsigned int* out) {
  return get_flags(s, false, out);
}
CUresult cuStreamGetFlags_ptsz(CUstream s, unsigned int* out) {
  return get_flags(s, true, out);
}
CUresult cuStreamGetId(CUstream s, unsigned long long* out) {
  return get_id(s, false, out);
}
CUresult cuStreamGetId_ptsz(CUstream s, unsigned long long* out) {
  return get_id(s, true, out);
}
CUresult cuStreamGetDevice(CUstream s, CUdevice* out) {
  return get_device(s, false, out);
}
CUresult cuStreamGetDevice_ptsz(CUstream s, CUdevice* out) {
  return get_device(s, true, out);
}
CUresult cuStreamGetCtx(CUstream s, CUcontext* out) {
  return get_context(s, false, out);
}
CUresult cuStreamGetCtx_ptsz(CUstream s, CUcontext* out) {
  return get_context(s, true, out);
}
CUresult cuStreamGetCtx_v2(CUstream s, CUcontext* out, CUgreenCtx* green) {
  return get_context_v2(s, false, out, green);
}
CUresult cuStreamGetCtx_v2_ptsz(CUstream s, CUcontext* out, CUgreenCtx* green) {
  return get_context_v2(s, true, out, green);
}

CUresult cuStreamQuery(CUstream s) {
  return query(s, false);
}
CUresult cuStreamQuery_ptsz(CUstream s) {
  return query(s, true);
}
CUresult cuStreamSynchronize(CUstream s) {
  return synchronise(s, false);
}
CUresult cuStreamSynchronize_ptsz(CUstream s) {
  return synchronise(s, true);
}

CUresult cuStreamAddCallback(CUstream s, CUstreamCallback callback, void* user_data,
                             unsigned int flags) {
  return add_callback(s, false, callback, user_data, flags);
}
CUresult cuStreamAddCallback_ptsz(CUstream s, CUstreamCallback callback, void* user_data,
                                  unsigned int flags) {
  return add_callback(s, true, callback, user_data, flags);
}

CUresult cuFlushGPUDirectRDMAWrites(CUflushGPUDirectRDMAWritesTarget target,
                                    CUflushGPUDirectRDMAWritesScope scope) {
  return entry([&]() -> CUresult {
    std::shared_ptr<Context> context;
    if (const CUresult result = require_context(context); result != CUDA_SUCCESS) return result;
    if (target != CU_FLUSH_GPU_DIRECT_RDMA_WRITES_TARGET_CURRENT_CTX ||
        (scope != CU_FLUSH_GPU_DIRECT_RDMA_WRITES_TO_OWNER &&
         scope != CU_FLUSH_GPU_DIRECT_RDMA_WRITES_TO_ALL_DEVICES)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    // No other device writes into this one's memory, as its attributes say.
    return CUDA_ERROR_NOT_SUPPORTED;
  });
}

CUresult cuStreamAttachMemAsync(CUstream s, CUdeviceptr address, size_t length,
                                unsigned int flags) {
  return attach_memory(s, false, address, length, flags);
}
CUresult cuStreamAttachMemAsync_ptsz(CUstream s, CUdeviceptr address, size_t length,
                                     unsigned int flags) {
  return attach_memory(s, true, address, length, flags);
}

CUresult cuStreamCopyAttributes(CUstream target, CUstream source) {
  return copy_attributes(target, source, false);
}
CUresult cuStreamCopyAttributes_ptsz(CUstream target, CUstream source) {
  return copy_attributes(target, source, true);
}
CUresult cuStreamGetAttribute(CUstream s, CUstreamAttrID attribute, CUstreamAttrValue* value) {
  return get_attribute(s, false, attribute, value);
}
CUresult cuStreamGetAttribute_ptsz(CUstream s, CUstreamAttrID attribute, CUstreamAttrValue* value) {
  return get_attribute(s, true, attribute, value);
}
CUresult cuStreamSetAttribute(CUstream s, CUstreamAttrID attribute,
                              const CUstreamAttrValue* value) {
  return set_attribute(s, false, attribute, value);
}
CUresult cuStreamSetAttribute_ptsz(CUstream s, CUstreamAttrID attribute,
                                   const CUstreamAttrValue* value) {
  return set_attribute(s, true, attribute, value);
}

CUresult cuStreamWaitValue32(CUstream s, CUdeviceptr address, cuuint32_t value,
                             unsigned int flags) {
  return wait_value(s, false, false, address, value, flags);
}
CUresult cuStreamWaitValue32_ptsz(CUstream s, CUdeviceptr address, cuuint32_t value,
                                  unsigned int flags) {
  return wait_value(s, true, false, address, value, flags);
}
CUresult cuStreamWaitValue32_v2(CUstream s, CUdeviceptr address, cuuint32_t value,
                                unsigned int flags) {
  return wait_value(s, false, false, address, value, flags);
}
CUresult cuStreamWaitValue32_v2_ptsz(CUstream s, CUdeviceptr address, cuuint32_t value,
                                     unsigned int flags) {
  return wait_value(s, true, false, address, value, flags);
}
CUresult cuStreamWaitValue64(CUstream s, CUdeviceptr address, cuuint64_t value,
                             unsigned int flags) {
  return wait_value(s, false, true, address, value, flags);
}
CUresult cuStreamWaitValue64_ptsz(CUstream s, CUdeviceptr address, cuuint64_t value,
                                  unsigned int flags) {
  return wait_value(s, true, true, address, value, flags);
}
CUresult cuStreamWaitValue64_v2(CUstream s, CUdeviceptr address, cuuint64_t value,
                                unsigned int flags) {
  return wait_value(s, false, true, address, value, flags);
}
CUresult cuStreamWaitValue64_v2_ptsz(CUstream s, CUdeviceptr address, cuuint64_t value,
                                     unsigned int flags) {
  return wait_value(s, true, true, address, value, flags);
}
CUresult cuStreamWriteValue32(CUstream s, CUdeviceptr address, cuuint32_t value,
                              unsigned int flags) {
  return write_value(s, false, false, address, value, flags, true);
}
CUresult cuStreamWriteValue32_ptsz(CUstream s, CUdeviceptr address, cuuint32_t value,
                                   unsigned int flags) {
  return write_value(s, true, false, address, value, flags, true);
}
CUresult cuStreamWriteValue32_v2(CUstream s, CUdeviceptr address, cuuint32_t value,
                                 unsigned int flags) {
  return write_value(s, false, false, address, value, flags);
}
CUresult cuStreamWriteValue32_v2_ptsz(CUstream s, CUdeviceptr address, cuuint32_t value,
                                      unsigned int flags) {
  return write_value(s, true, false, address, value, flags);
}
CUresult cuStreamWriteValue64(CUstream s, CUdeviceptr address, cuuint64_t value,
                              unsigned int flags) {
  return write_value(s, false, true, address, value, flags, true);
}
CUresult cuStreamWriteValue64_ptsz(CUstream s, CUdeviceptr address, cuuint64_t value,
                                   unsigned int flags) {
  return write_value(s, true, true, address, value, flags, true);
}
CUresult cuStreamWriteValue64_v2(CUstream s, CUdeviceptr address, cuuint64_t value,
                                 unsigned int flags) {
  return write_value(s, false, true, address, value, flags);
}
CUresult cuStreamWriteValue64_v2_ptsz(CUstream s, CUdeviceptr address, cuuint64_t value,
                                      unsigned int flags) {
  return write_value(s, true, true, address, value, flags);
}
CUresult cuStreamBatchMemOp(CUstream s, unsigned int count, CUstreamBatchMemOpParams* operations,
                            unsigned int flags) {
  return batch(s, false, operations, count, flags);
}
CUresult cuStreamBatchMemOp_ptsz(CUstream s, unsigned int count,
                                 CUstreamBatchMemOpParams* operations, unsigned int flags) {
  return batch(s, true, operations, count, flags);
}
CUresult cuStreamBatchMemOp_v2(CUstream s, unsigned int count, CUstreamBatchMemOpParams* operations,
                               unsigned int flags) {
  return batch(s, false, operations, count, flags);
}
CUresult cuStreamBatchMemOp_v2_ptsz(CUstream s, unsigned int count,
                                    CUstreamBatchMemOpParams* operations, unsigned int flags) {
  return batch(s, true, operations, count, flags);
}

}  // extern "C"
