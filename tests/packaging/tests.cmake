# Projects outside the tree: one through find_package from an installation, one through
# add_subdirectory. Both configure, build and run.
set(consumer_options
    -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER} -DCMAKE_C_COMPILER=${CMAKE_C_COMPILER}
    -DCUDAToolkit_ROOT=${CUDAToolkit_LIBRARY_ROOT})
if(VGPU_CCACHE)
  list(APPEND consumer_options -DCMAKE_CXX_COMPILER_LAUNCHER=${VGPU_CCACHE})
endif()

function(vgpu_add_consumer_test name)
  add_test(
    NAME packaging_${name}
    COMMAND
      ${CMAKE_CTEST_COMMAND} --build-and-test ${PROJECT_SOURCE_DIR}/tests/packaging/consumer
      ${CMAKE_CURRENT_BINARY_DIR}/packaging/${name} --build-generator Ninja --build-options
      ${consumer_options} ${ARGN} --test-command ${CMAKE_CURRENT_BINARY_DIR}/packaging/${name}/consumer)
  set_tests_properties(packaging_${name} PROPERTIES TIMEOUT 400 PASS_REGULAR_EXPRESSION "consumer: OK")
endfunction()

vgpu_add_consumer_test(find_package -DCMAKE_PREFIX_PATH=${VGPU_TEST_STAGE})
set_tests_properties(packaging_find_package PROPERTIES FIXTURES_REQUIRED stage)
vgpu_add_consumer_test(add_subdirectory -DVGPU_SOURCE=${PROJECT_SOURCE_DIR})
