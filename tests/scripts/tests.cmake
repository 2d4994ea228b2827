# What is tested from outside, on an installation of this build: the tool, the guest library's exports,
# unmodified CUDA programs, the examples, and the tree's own form.
set(script_dir ${PROJECT_SOURCE_DIR}/tests/scripts)
set(VGPU_TEST_STAGE ${PROJECT_BINARY_DIR}/test-stage)
set(staged_vgpu ${VGPU_TEST_STAGE}/bin/vgpu)
set(staged_guest ${VGPU_TEST_STAGE}/lib/libcuda.so.1)
find_library(VGPU_CUDA_STUB cuda PATHS ${CUDAToolkit_LIBRARY_DIR}/stubs ${CUDAToolkit_LIBRARY_ROOT}/lib64/stubs
             ${CUDAToolkit_LIBRARY_ROOT}/targets/x86_64-linux/lib/stubs NO_DEFAULT_PATH REQUIRED)

# The installation that the tests of this folder use; every build tree has its own.
add_test(NAME stage COMMAND ${CMAKE_COMMAND} --install ${PROJECT_BINARY_DIR} --prefix ${VGPU_TEST_STAGE})
set_tests_properties(stage PROPERTIES FIXTURES_SETUP stage TIMEOUT 60)

# vgpu_add_script_test(NAME COMMAND...): needs the installation.
function(vgpu_add_script_test name)
  add_test(NAME ${name} COMMAND ${ARGN})
  set_tests_properties(${name} PROPERTIES FIXTURES_REQUIRED stage TIMEOUT 120)
endfunction()

vgpu_add_test(NAME tool_integrity SOURCES scripts/integrity_test.cpp
              ${PROJECT_SOURCE_DIR}/tools/vgpu/integrity.cpp LIBS vgpu::vgpu)
target_include_directories(test_tool_integrity PRIVATE ${PROJECT_SOURCE_DIR}/tools/vgpu)
vgpu_add_test(NAME tool_trace_reader SOURCES scripts/trace_reader_test.cpp
              ${PROJECT_SOURCE_DIR}/tools/vgpu/trace_reader.cpp LIBS vgpu::vgpu)
target_include_directories(test_tool_trace_reader PRIVATE ${PROJECT_SOURCE_DIR}/tools/vgpu)
vgpu_add_script_test(tool_coverage ${script_dir}/coverage_test.sh ${staged_vgpu})

# Tests that call the driver themselves, linked as any program is and run through guest, wire and host.
function(vgpu_add_driver_program name folder)
  add_executable(test_${name} ${PROJECT_SOURCE_DIR}/tests/${folder}/${name}.cpp)
  target_link_libraries(test_${name} PRIVATE vgpu_options vgpu::vgpu CUDA::cuda_driver GTest::gtest GTest::gtest_main
                                             Threads::Threads)
  # Functions that the toolkit marks deprecated are served, too.
  target_compile_options(test_${name} PRIVATE -Wno-deprecated-declarations)
  set_target_properties(test_${name} PROPERTIES SKIP_BUILD_RPATH ON)
endfunction()

vgpu_add_driver_program(local_calls programs)
vgpu_add_script_test(program_local_calls ${script_dir}/run_over.sh shm ${staged_vgpu} $<TARGET_FILE:test_local_calls>)
set_tests_properties(program_local_calls PROPERTIES ENVIRONMENT VGPU_TEST_HOOKS=1 LABELS program)

vgpu_add_driver_program(thread_order programs)
foreach(transport shm unix tcp)
  vgpu_add_script_test(program_thread_order_${transport} ${script_dir}/run_over.sh ${transport} ${staged_vgpu}
                       $<TARGET_FILE:test_thread_order> --gtest_filter=*ThreadOrder*)
  set_tests_properties(program_thread_order_${transport} PROPERTIES LABELS program TIMEOUT 300)
endforeach()
# A process each: what goes wrong may be a fault of a kernel, after which nothing works in its process.
foreach(scenario OnOneStream BetweenRecordAndWait FromAnObjectsBeginningToItsEnd)
  vgpu_add_script_test(program_without_thread_order_${scenario} ${script_dir}/run_over.sh shm ${staged_vgpu}
                       $<TARGET_FILE:test_thread_order> --gtest_filter=*WithoutTheOrder*/${scenario})
  set_tests_properties(program_without_thread_order_${scenario} PROPERTIES ENVIRONMENT
                       "VGPU_TEST_HOOKS=1;VGPU_TEST_NO_TICKET_ORDER=1" LABELS program TIMEOUT 300)
endforeach()

# ThreadSanitizer's own memory lies where guest and host would share addresses.
if(NOT "thread" IN_LIST VGPU_SANITIZE)
  vgpu_add_driver_program(mirrored_memory programs)
  foreach(transport shm unix tcp)
    vgpu_add_script_test(program_mirrored_memory_${transport} ${script_dir}/run_over.sh ${transport} ${staged_vgpu}
                         $<TARGET_FILE:test_mirrored_memory>)
    set_tests_properties(program_mirrored_memory_${transport} PROPERTIES LABELS program)
  endforeach()
endif()

# The tree's own form does not depend on how it is built.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  find_program(VGPU_CLANG_FORMAT NAMES clang-format-14 clang-format)
  find_program(VGPU_CLANG_TIDY NAMES clang-tidy-14 clang-tidy)
  if(VGPU_CLANG_FORMAT)
    add_test(NAME format COMMAND ${script_dir}/check_format.sh ${PROJECT_SOURCE_DIR} ${VGPU_CLANG_FORMAT})
  endif()
  option(VGPU_CHECK_TIDY "Run clang-tidy as a test" ON)
  if(VGPU_CLANG_TIDY AND VGPU_CHECK_TIDY)
    add_test(NAME tidy COMMAND ${script_dir}/check_tidy.sh ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}
                               ${VGPU_CLANG_TIDY})
    set_tests_properties(tidy PROPERTIES TIMEOUT 900 PROCESSORS 2)
  endif()
endif()

# A sanitizer's runtime has to be the first library of a process, which a stock program does not allow.
if(VGPU_SANITIZE)
  return()
endif()

vgpu_add_script_test(guest_exports ${script_dir}/check_guest_exports.sh ${staged_guest} ${VGPU_CUDA_STUB})
# Kernels that the program compiles itself.
vgpu_add_driver_program(runtime_compilation programs)
target_link_libraries(test_runtime_compilation PRIVATE CUDA::nvrtc)
vgpu_add_script_test(program_runtime_compilation ${script_dir}/run_over.sh shm ${staged_vgpu}
                     $<TARGET_FILE:test_runtime_compilation>)
set_tests_properties(program_runtime_compilation PROPERTIES ENVIRONMENT_MODIFICATION
                     "LD_LIBRARY_PATH=path_list_prepend:${CUDAToolkit_LIBRARY_DIR}" LABELS program)

vgpu_add_script_test(tool_run ${script_dir}/run_test.sh ${staged_vgpu})

# Unmodified programs: compiled by plain nvcc, linked once with its static and once with its shared
# runtime, run through guest, wire and host.
set(program_dir ${CMAKE_CURRENT_BINARY_DIR}/programs)
set(toolkit_libraries ${CUDAToolkit_LIBRARY_DIR})
file(MAKE_DIRECTORY ${program_dir})
set(programs "")
function(vgpu_add_program name source)
  set(object ${program_dir}/${name}.o)
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${CUDAToolkit_NVCC_EXECUTABLE} ${ARGN} -c -o ${object} ${source}
    DEPENDS ${source} ${PROJECT_SOURCE_DIR}/tests/programs/program.hpp
    COMMENT "nvcc ${name}.cu"
    VERBATIM)
  foreach(runtime static shared)
    set(program ${program_dir}/${name}_${runtime})
    add_custom_command(
      OUTPUT ${program}
      COMMAND ${CUDAToolkit_NVCC_EXECUTABLE} -cudart ${runtime} -o ${program} ${object}
      DEPENDS ${object}
      VERBATIM)
    list(APPEND programs ${program})
  endforeach()
  set(programs ${programs} PARENT_SCOPE)
endfunction()
function(vgpu_add_program_test name)
  foreach(runtime static shared)
    vgpu_add_script_test(program_${name}_${runtime} ${script_dir}/run_program.sh ${staged_vgpu}
                         ${program_dir}/${name}_${runtime})
    set_tests_properties(program_${name}_${runtime} PROPERTIES ENVIRONMENT_MODIFICATION
                         "LD_LIBRARY_PATH=path_list_prepend:${toolkit_libraries}" LABELS program)
  endforeach()
  # A program that forgets to wait fails here nearly every time, not once in a hundred.
  set_property(TEST program_${name}_shared APPEND PROPERTY ENVIRONMENT_MODIFICATION VGPU_SOFT_LATE=set:20000)
endfunction()

foreach(name async_copies cooperative copy_2d device_heap errors graph_capture host_callbacks independent_progress
        kernel_faults managed_memory managed_variable queries streams_events surfaces
        symbols textures threads)
  vgpu_add_program(${name} ${PROJECT_SOURCE_DIR}/tests/programs/${name}.cu)
  vgpu_add_program_test(${name})
endforeach()
# Programs whose kernels print: all that they print is compared, over every transport.
set(flags_of_sass_only -gencode arch=compute_80,code=sm_80)
foreach(name device_printf device_assert sass_only)
  vgpu_add_program(${name} ${PROJECT_SOURCE_DIR}/tests/programs/${name}.cu ${flags_of_${name}})
  file(GLOB expected_error ${PROJECT_SOURCE_DIR}/tests/programs/${name}.err)
  vgpu_add_script_test(program_${name} ${script_dir}/run_compare.sh ${staged_vgpu} ${program_dir}/${name}_static
                       ${PROJECT_SOURCE_DIR}/tests/programs/${name}.out ${expected_error})
  set_tests_properties(program_${name} PROPERTIES LABELS program)
endforeach()
foreach(transport unix tcp)
  vgpu_add_script_test(program_device_printf_${transport} ${script_dir}/run_over.sh ${transport} ${staged_vgpu} bash -c
                       "${program_dir}/device_printf_static | diff - ${PROJECT_SOURCE_DIR}/tests/programs/device_printf.out")
  vgpu_add_script_test(program_managed_variable_${transport} ${script_dir}/run_over.sh ${transport} ${staged_vgpu}
                       ${program_dir}/managed_variable_static)
  set_tests_properties(program_device_printf_${transport} program_managed_variable_${transport} PROPERTIES LABELS program)
endforeach()
vgpu_add_program(endless_kernel ${PROJECT_SOURCE_DIR}/tests/programs/endless_kernel.cu)
foreach(case killed timeout)
  vgpu_add_script_test(program_endless_kernel_${case} ${script_dir}/endless_kernel_test.sh ${staged_vgpu}
                       ${program_dir}/endless_kernel_static ${case})
  # A second is the product's promise, not that of a machine that compiles beside it.
  set_tests_properties(program_endless_kernel_${case} PROPERTIES LABELS program RUN_SERIAL ON)
endforeach()
foreach(name vector_add matrix_reduce)
  vgpu_add_program(${name} ${PROJECT_SOURCE_DIR}/examples/cuda/${name}.cu)
  vgpu_add_program_test(${name})
endforeach()
vgpu_add_program(doctor_patient ${PROJECT_SOURCE_DIR}/tests/programs/doctor_patient.cu)
add_custom_target(test_programs ALL DEPENDS ${programs})

foreach(case healthy wrong_library host_down old_driver failing_program)
  vgpu_add_script_test(
    doctor_${case} ${script_dir}/doctor_test.sh ${staged_vgpu} ${case}
    ${program_dir}/doctor_patient_static ${program_dir}/doctor_patient_shared ${VGPU_CUDA_STUB})
  set_tests_properties(doctor_${case} PROPERTIES ENVIRONMENT_MODIFICATION
                       "LD_LIBRARY_PATH=path_list_prepend:${toolkit_libraries}")
endforeach()

# The example of a host, behind our guest.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_executable(test_python_host_client ${PROJECT_SOURCE_DIR}/examples/python_host/client.c)
target_link_libraries(test_python_host_client PRIVATE CUDA::cuda_driver)
set_target_properties(test_python_host_client PROPERTIES SKIP_BUILD_RPATH ON)
vgpu_add_script_test(
  example_python_host ${Python3_EXECUTABLE} -B ${PROJECT_SOURCE_DIR}/tests/wire_host/run.py program
  ${PROJECT_SOURCE_DIR}/examples/python_host $<TARGET_FILE:test_python_host_client>)
set_tests_properties(example_python_host PROPERTIES ENVIRONMENT_MODIFICATION
                     "LD_LIBRARY_PATH=path_list_prepend:${VGPU_TEST_STAGE}/lib")

# The example of a shim, between a stock program and our guest.
add_subdirectory(${PROJECT_SOURCE_DIR}/examples/custom_shim ${PROJECT_BINARY_DIR}/examples/custom_shim)
vgpu_add_script_test(
  example_custom_shim ${script_dir}/custom_shim_test.sh ${staged_vgpu} ${staged_guest}
  ${PROJECT_BINARY_DIR}/examples/custom_shim/lib ${program_dir}/vector_add_static)
