# Programs that check themselves, one .cu each: compiled by plain nvcc in three ways and run unmodified
# through guest, wire and host. A line "// nvcc: OPTIONS" near the top adds options to all three.
if(VGPU_SANITIZE)
  return()
endif()

set(suite_source_dir ${PROJECT_SOURCE_DIR}/tests/programs/suite)
set(suite_dir ${CMAKE_CURRENT_BINARY_DIR}/suite)
file(MAKE_DIRECTORY ${suite_dir})
# The software device runs PTX only: what nvcc's second half would make of it is left out where it is not
# nvcc's default.
set(suite_flags_default "")
set(suite_flags_debug -G -O0 -gencode arch=compute_75,code=compute_75)
set(suite_flags_fast --use_fast_math -gencode arch=compute_75,code=compute_75)
set(suite_outputs "")
file(GLOB suite_sources CONFIGURE_DEPENDS ${suite_source_dir}/*.cu)
foreach(source ${suite_sources})
  cmake_path(GET source STEM name)
  file(STRINGS ${source} options REGEX "^// nvcc: ")
  string(REGEX REPLACE "^// nvcc: " "" options "${options}")
  separate_arguments(options UNIX_COMMAND "${options}")
  foreach(variant default debug fast)
    set(program ${suite_dir}/${name}_${variant})
    add_custom_command(
      OUTPUT ${program}
      COMMAND ${CUDAToolkit_NVCC_EXECUTABLE} ${suite_flags_${variant}} ${options} -cudart shared -o ${program} ${source}
      DEPENDS ${source} ${suite_source_dir}/suite.hpp ${PROJECT_SOURCE_DIR}/tests/programs/program.hpp
      COMMENT "nvcc ${name}.cu (${variant})"
      VERBATIM)
    list(APPEND suite_outputs ${program})
  endforeach()
  vgpu_add_script_test(suite_${name} ${script_dir}/run_variants.sh ${staged_vgpu} ${suite_dir}/${name}_default
                       ${suite_dir}/${name}_debug ${suite_dir}/${name}_fast)
  set_tests_properties(suite_${name} PROPERTIES ENVIRONMENT_MODIFICATION
                       "LD_LIBRARY_PATH=path_list_prepend:${toolkit_libraries}" LABELS "program;suite")
endforeach()
add_custom_target(test_suite ALL DEPENDS ${suite_outputs})
