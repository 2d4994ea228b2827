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
# The numbers of parts are those of codegen/writer.hpp.
set(VGPU_GUEST_ENTRIES guest_addresses.cpp)
set(VGPU_HOST_DISPATCH host_dispatch.cpp)
foreach(part RANGE 7)
  list(APPEND VGPU_GUEST_ENTRIES guest_entries_${part}.cpp)
endforeach()
foreach(part RANGE 3)
  list(APPEND VGPU_HOST_DISPATCH host_dispatch_${part}.cpp)
  list(APPEND VGPU_GENERATED_HEADERS ${VGPU_GENERATED_DIR}/vgpu/message_list_${part}.hpp)
endforeach()
list(TRANSFORM VGPU_GUEST_ENTRIES PREPEND ${VGPU_GENERATED_DIR}/)
list(TRANSFORM VGPU_HOST_DISPATCH PREPEND ${VGPU_GENERATED_DIR}/)
set(VGPU_GENERATED_SOURCES signature_checks.cpp guest_exports.map operations.tsv reference.md)
list(TRANSFORM VGPU_GENERATED_SOURCES PREPEND ${VGPU_GENERATED_DIR}/)
list(APPEND VGPU_GENERATED_SOURCES ${VGPU_GUEST_ENTRIES} ${VGPU_HOST_DISPATCH})

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
target_include_directories(vgpu SYSTEM INTERFACE "$<BUILD_INTERFACE:${CUDAToolkit_INCLUDE_DIRS}>")
target_compile_features(vgpu INTERFACE cxx_std_20)
target_link_libraries(vgpu INTERFACE Threads::Threads ${CMAKE_DL_LIBS})

# The described signatures against the toolkit's: which types and functions its headers have is read from them, since
# C++ cannot ask. Interop headers that are not installed are stood in for.
set(VGPU_TOOLKIT_NAMES "")
foreach(header cuda cudaProfiler cudaGL cudaEGL cudaVDPAU)
  set(declarations ${VGPU_CUDA_INCLUDE_DIR}/${header}.h)
  set(typedefs ${VGPU_CUDA_INCLUDE_DIR}/${header}Typedefs.h)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${declarations} ${typedefs})
  file(READ ${declarations} text)
  string(REGEX MATCHALL "CUDAAPI +cu[A-Za-z0-9_]+\\(" names "${text}")
  list(TRANSFORM names REPLACE "CUDAAPI +(.*)\\(" "#define VGPU_DECLARED_\\1\n")
  list(APPEND VGPU_TOOLKIT_NAMES ${names})
  file(READ ${typedefs} text)
  string(REGEX MATCHALL "PFN_cu[A-Za-z0-9_]+\\)" names "${text}")
  list(TRANSFORM names REPLACE "PFN_(.*)\\)" "#define VGPU_TYPEDEF_\\1\n")
  list(APPEND VGPU_TOOLKIT_NAMES ${names})
endforeach()
list(REMOVE_DUPLICATES VGPU_TOOLKIT_NAMES)
list(JOIN VGPU_TOOLKIT_NAMES "" VGPU_TOOLKIT_NAMES)
file(
  CONFIGURE
  OUTPUT ${VGPU_GENERATED_DIR}/toolkit_names.hpp
  CONTENT "// Made from the headers in ${VGPU_CUDA_INCLUDE_DIR}.\n#pragma once\n@VGPU_TOOLKIT_NAMES@"
  @ONLY)
add_library(vgpu_signature_checks OBJECT ${VGPU_GENERATED_DIR}/signature_checks.cpp)
target_link_libraries(vgpu_signature_checks PRIVATE vgpu::vgpu vgpu_options)
target_compile_options(vgpu_signature_checks PRIVATE -O0 -idirafter ${PROJECT_SOURCE_DIR}/codegen/interop_stand_ins)
