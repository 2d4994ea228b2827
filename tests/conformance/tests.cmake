if(NOT VGPU_BUILD_CONFORMANCE OR NOT VGPU_BUILD_BINARIES OR VGPU_SANITIZE)
  return()
endif()
find_package(Python3 REQUIRED COMPONENTS Interpreter)

add_test(NAME conformance_tool COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/tool_test.py)
set_tests_properties(
  conformance_tool PROPERTIES LABELS conformance FIXTURES_REQUIRED stage TIMEOUT 300 ENVIRONMENT
                              "VGPU_STAGE=${PROJECT_BINARY_DIR}/test-stage;VGPU_SOURCE=${PROJECT_SOURCE_DIR}")
