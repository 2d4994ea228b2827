# Compiles kernels/*.cu for the engine's tests: vgpu_engine_test_kernels(<target> <nvcc>). The target
# finds the results in VGPU_ENGINE_KERNEL_DIR.
function(vgpu_engine_test_kernels target nvcc)
  set(source_dir ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/kernels)
  set(out_dir ${CMAKE_CURRENT_BINARY_DIR}/engine_kernels)
  file(MAKE_DIRECTORY ${out_dir})
  set(programs ${source_dir}/engine_programs.cu)
  set(outputs)
  macro(vgpu_compile_kernels output)
    add_custom_command(OUTPUT ${out_dir}/${output}
        COMMAND ${nvcc} ${ARGN} -o ${out_dir}/${output}
        DEPENDS ${source_dir}/engine_programs.cu ${source_dir}/engine_language.cu ${source_dir}/runtime.cu
        VERBATIM)
    list(APPEND outputs ${out_dir}/${output})
  endmacro()
  vgpu_compile_kernels(programs.ptx -ptx ${programs})
  vgpu_compile_kernels(programs_debug.ptx -G -ptx ${programs})
  vgpu_compile_kernels(programs_zstd.fatbin -fatbin ${programs})
  vgpu_compile_kernels(programs_lz4.fatbin -fatbin --compress-mode=speed ${programs})
  vgpu_compile_kernels(programs_raw.fatbin -fatbin -no-compress ${programs})
  vgpu_compile_kernels(programs_sass.fatbin -fatbin -gencode arch=compute_80,code=sm_80 ${programs})
  vgpu_compile_kernels(programs_many.fatbin -fatbin -gencode arch=compute_75,code=compute_75
      -gencode arch=compute_80,code=compute_80 -gencode arch=compute_90,code=compute_90 ${programs})
  vgpu_compile_kernels(programs.cubin -cubin -arch=sm_80 ${programs})
  vgpu_compile_kernels(language.ptx -std=c++17 -ptx ${source_dir}/engine_language.cu)
  vgpu_compile_kernels(language_debug.ptx -std=c++17 -G -ptx ${source_dir}/engine_language.cu)
  vgpu_compile_kernels(runtime.ptx -std=c++17 -ptx ${source_dir}/runtime.cu)
  add_custom_target(${target}_kernels DEPENDS ${outputs})
  add_dependencies(${target} ${target}_kernels)
  target_compile_definitions(${target} PRIVATE VGPU_ENGINE_KERNEL_DIR="${out_dir}")
endfunction()
