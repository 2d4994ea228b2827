# The C++ that Cap'n Proto itself generates for the frame header, to compare our mirror with.
set(session_capnp_dir ${CMAKE_CURRENT_BINARY_DIR}/session_capnp)
file(MAKE_DIRECTORY ${session_capnp_dir})
add_custom_command(
  OUTPUT ${session_capnp_dir}/session.capnp.h ${session_capnp_dir}/annotations.capnp.h
  COMMAND
    ${CAPNP_EXECUTABLE} compile --no-standard-import -I${CAPNP_INCLUDE_DIRECTORY}
    -o${CAPNPC_CXX_EXECUTABLE}:${session_capnp_dir} --src-prefix=${VGPU_SCHEMA_DIR}
    ${VGPU_SCHEMA_DIR}/session.capnp ${VGPU_SCHEMA_DIR}/annotations.capnp
  DEPENDS ${VGPU_SCHEMA_DIR}/session.capnp ${VGPU_SCHEMA_DIR}/annotations.capnp
  VERBATIM)
vgpu_add_test(NAME wire_frame_header SOURCES wire/frame_header_test.cpp ${session_capnp_dir}/session.capnp.h
              LIBS vgpu::vgpu CapnProto::capnp LABELS wire)
target_include_directories(test_wire_frame_header SYSTEM PRIVATE ${session_capnp_dir})
vgpu_add_test(NAME wire_ring SOURCES wire/ring_test.cpp LIBS vgpu::vgpu LABELS wire)
vgpu_add_test(NAME wire_hostile_ring SOURCES wire/hostile_ring_test.cpp LIBS vgpu::vgpu LABELS wire)
