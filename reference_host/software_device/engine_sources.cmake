# Sources of the software device's PTX engine, relative to this folder, and the options that some of
# them need. The engine links liblz4, libzstd and the thread library.
set(VGPU_SOFTDEVICE_ENGINE_SOURCES
    memory/device_memory.cpp
    memory/image_table.cpp
    fatbin/fatbin.cpp
    ptx/lexer.cpp
    ptx/declarations.cpp
    ptx/parser.cpp
    exec/module.cpp
    exec/kernel_builder.cpp
    exec/decode.cpp
    exec/decode_alu.cpp
    exec/decode_convert.cpp
    exec/decode_memory.cpp
    exec/decode_control.cpp
    exec/decode_matrix.cpp
    exec/decode_async.cpp
    exec/decode_video.cpp
    exec/video_ops.cpp
    exec/formats.cpp
    exec/stack_ops.cpp
    exec/async_ops.cpp
    exec/fragments.cpp
    exec/matrix_ops.cpp
    exec/decode_texture.cpp
    exec/alu.cpp
    exec/alu_avx2.cpp
    exec/alu_baseline.cpp
    exec/rounded.cpp
    exec/memcheck.cpp
    exec/memory_access.cpp
    exec/memory_ops.cpp
    exec/atomics.cpp
    exec/texel.cpp
    exec/sampler.cpp
    exec/texture_ops.cpp
    exec/surface_ops.cpp
    exec/control_ops.cpp
    exec/exchange.cpp
    exec/runtime_calls.cpp
    exec/warp.cpp
    exec/grid.cpp
    exec/scheduler.cpp
    exec/launch.cpp)

# Registers are read as whatever type the instruction says; contraction would change results. The
# lane loops are the device's speed, so they are optimised even in debug builds. clang warns of those it does not vectorise.
set(_vgpu_softdevice_lanes $<IF:$<BOOL:${VGPU_SANITIZE}>,-O1,-O3> -fno-strict-aliasing -ffp-contract=off -fno-math-errno
    -fno-trapping-math $<$<CXX_COMPILER_ID:Clang>:-Wno-pass-failed>)
foreach(_source memory_access memory_ops matrix_ops async_ops atomics texel sampler texture_ops surface_ops
               control_ops exchange runtime_calls warp grid)
  set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/exec/${_source}.cpp
      PROPERTIES COMPILE_OPTIONS "${_vgpu_softdevice_lanes}")
endforeach()
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/exec/alu_baseline.cpp
    PROPERTIES COMPILE_OPTIONS "${_vgpu_softdevice_lanes}")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/exec/alu_avx2.cpp
      PROPERTIES COMPILE_OPTIONS "${_vgpu_softdevice_lanes};-mavx2;-mfma;-mf16c")
else()
  set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/exec/alu_avx2.cpp
      PROPERTIES COMPILE_OPTIONS "${_vgpu_softdevice_lanes}")
endif()
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/exec/rounded.cpp
    PROPERTIES COMPILE_OPTIONS "-O2;-fno-strict-aliasing;-ffp-contract=off;-frounding-math")
