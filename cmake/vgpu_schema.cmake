# Runs capnpc-vgpu over the schema and makes the targets
#   vgpu::vgpu   INTERFACE: headers, schema, generated headers, the toolkit's headers
# The sources that the two reference binaries compile are in VGPU_GENERATED_DIR.

set(VGPU_SCHEMA_DIR ${PROJECT_SOURCE_DIR}/include/vgpu/schema)
set(VGPU_GENERATED_DIR ${PROJECT_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${VGPU_GENERATED_DIR})
file(GLOB VGPU_SCHEMA_FILES CONFIGURE_DEPENDS ${VGPU_SCHEMA_DIR}/*.capnp)
set(VGPU_CALL_FILES ${VGPU_SCHEMA_FILES})
list(REMOVE_ITEM VGPU_CALL_FILES ${VGPU_SCHEMA_DIR}/annotations.capnp)

set(VGPU_GENERATED_HEADERS calls.hpp operations.hpp driver_table.hpp symbols.hpp guest_written.hpp host_written.hpp
                           host_dispatch.hpp trace.hpp message_list.hpp)
foreach(file IN LISTS VGPU_CALL_FILES)
  get_filename_component(stem ${file} NAME_WE)
  list(APPEND VGPU_GENERATED_HEADERS calls/${stem}.hpp)
endforeach()
list(TRANSFORM VGPU_GENERATED_HEADERS PREPEND ${VGPU_GENERATED_DIR}/vgpu/)
set(VGPU_GENERATED_SOURCES guest_entries.cpp host_dispatch.cpp signature_checks.cpp guest_exports.map operations.tsv
                           reference.md)
list(TRANSFORM VGPU_GENERATED_SOURCES PREPEND ${VGPU_GENERATED_DIR}/)

add_custom_command(
  OUTPUT ${VGPU_GENERATED_HEADERS} ${VGPU_GENERATED_SOURCES}
  COMMAND ${CAPNP_EXECUTABLE} compile --no-standard-import -I${CAPNP_INCLUDE_DIRECTORY} --src-prefix=${VGPU_SCHEMA_DIR}
          -o$<TARGET_FILE:capnpc-vgpu>:${VGPU_GENERATED_DIR} ${VGPU_CALL_FILES}
  DEPENDS capnpc-vgpu ${VGPU_SCHEMA_FILES}
  COMMENT "Generating C++ from the call descriptions"
  VERBATIM)
add_custom_target(vgpu_generated DEPENDS ${VGPU_GENERATED_HEADERS} ${VGPU_GENERATED_SOURCES})

add_library(vgpu INTERFACE)
add_library(vgpu::vgpu ALIAS vgpu)
add_dependencies(vgpu vgpu_generated)
target_include_directories(
  vgpu
  INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${VGPU_GENERATED_DIR}>
            $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_include_directories(vgpu SYSTEM INTERFACE $<BUILD_INTERFACE:${CUDAToolkit_INCLUDE_DIRS}>)
target_compile_features(vgpu INTERFACE cxx_std_20)
target_link_libraries(vgpu INTERFACE Threads::Threads ${CMAKE_DL_LIBS})
