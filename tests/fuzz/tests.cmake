# Fuzz targets for what reads programs: PTX and fat binaries. libFuzzer comes with clang, so these sources are built by it
# whatever compiles the rest.
#
#   tests/fuzz/vgpu-fuzz-ptx -max_total_time=600 CORPUS tests/fuzz/seeds-ptx
#   tests/fuzz/vgpu-fuzz-fatbin -max_total_time=600 CORPUS tests/fuzz/seeds-fatbin
option(VGPU_FUZZERS "Build the fuzz targets and run them for some seconds among the tests" OFF)
if(NOT VGPU_FUZZERS OR NOT TARGET vgpu-softdevice)
  return()
endif()

find_program(VGPU_FUZZ_COMPILER NAMES clang++-14 clang++)
set(fuzz_out ${CMAKE_CURRENT_BINARY_DIR}/fuzz)
file(MAKE_DIRECTORY ${fuzz_out}/objects)
if(VGPU_FUZZ_COMPILER)
  file(WRITE ${fuzz_out}/probe.cpp "#include <cstddef>\nextern \"C\" int LLVMFuzzerTestOneInput(const char*, std::size_t) { return 0; }\n")
  execute_process(COMMAND ${VGPU_FUZZ_COMPILER} -fsanitize=fuzzer,address ${fuzz_out}/probe.cpp -o ${fuzz_out}/probe
                  RESULT_VARIABLE fuzz_probe OUTPUT_QUIET ERROR_QUIET)
endif()
if(NOT VGPU_FUZZ_COMPILER OR NOT fuzz_probe EQUAL 0)
  foreach(name ptx fatbin)
    add_test(NAME fuzz_${name} COMMAND ${CMAKE_COMMAND} -E echo
             "skipped: no clang++ with libFuzzer's runtime (Debian: clang, libclang-rt-14-dev)")
    set_tests_properties(fuzz_${name} PROPERTIES SKIP_REGULAR_EXPRESSION "^skipped" LABELS fuzz)
  endforeach()
  return()
endif()

set(fuzz_root ${CMAKE_CURRENT_LIST_DIR}/../..)
set(fuzz_device ${fuzz_root}/reference_host/software_device)
function(vgpu_fuzz_object source result)
  get_filename_component(name ${source} NAME_WE)
  set(object ${fuzz_out}/objects/${name}.o)
  # What only runs kernels is linked and never called.
  set(options -O1 -fsanitize=fuzzer-no-link,address)
  if(source MATCHES "alu|rounded|_ops|exchange|grid|warp|scheduler|launch|atomics|memcheck|runtime_calls")
    set(options -O0)
  endif()
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${VGPU_FUZZ_COMPILER} -std=c++20 -g1 ${options} -I${fuzz_root} -isystem ${VGPU_CUDA_INCLUDE_DIR} -MD -MF ${object}.d
            -c ${source} -o ${object}
    DEPENDS ${source}
    DEPFILE ${object}.d
    VERBATIM)
  set(${result} ${object} PARENT_SCOPE)
endfunction()

include(${fuzz_device}/engine_sources.cmake)
set(fuzz_engine "")
foreach(source ${VGPU_SOFTDEVICE_ENGINE_SOURCES})
  vgpu_fuzz_object(${fuzz_device}/${source} object)
  list(APPEND fuzz_engine ${object})
endforeach()

add_custom_command(
  OUTPUT ${fuzz_out}/seeds-ptx/.made ${fuzz_out}/seeds-fatbin/.made
  COMMAND Python3::Interpreter -B ${CMAKE_CURRENT_LIST_DIR}/seeds.py ${fuzz_out}
  DEPENDS ${CMAKE_CURRENT_LIST_DIR}/seeds.py ${corpus_modules}
  VERBATIM)
add_custom_target(vgpu-fuzz-seeds DEPENDS ${fuzz_out}/seeds-ptx/.made)
foreach(name ptx fatbin)
  vgpu_fuzz_object(${CMAKE_CURRENT_LIST_DIR}/${name}_fuzzer.cpp object)
  add_custom_command(
    OUTPUT ${fuzz_out}/vgpu-fuzz-${name}
    COMMAND ${VGPU_FUZZ_COMPILER} -fsanitize=fuzzer,address ${object} ${fuzz_engine} -llz4 -lzstd -pthread -o
            ${fuzz_out}/vgpu-fuzz-${name}
    DEPENDS ${object} ${fuzz_engine}
    VERBATIM)
  add_custom_target(vgpu-fuzz-${name} ALL DEPENDS ${fuzz_out}/vgpu-fuzz-${name})
  add_dependencies(vgpu-fuzz-${name} vgpu-fuzz-seeds)
  add_test(NAME fuzz_${name} COMMAND ${fuzz_out}/vgpu-fuzz-${name} -max_total_time=5 -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=256
           -artifact_prefix=${fuzz_out}/${name}- ${fuzz_out}/seeds-${name})
  set_tests_properties(fuzz_${name} PROPERTIES TIMEOUT 60 LABELS fuzz)
endforeach()
