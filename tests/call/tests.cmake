add_library(test_messages STATIC call/messages.cpp call/messages_0.cpp call/messages_1.cpp call/messages_2.cpp
                                call/messages_3.cpp)
target_link_libraries(test_messages PUBLIC vgpu::vgpu PRIVATE vgpu_options)
target_include_directories(test_messages PUBLIC call)

vgpu_add_test(NAME call_codec SOURCES call/codec_test.cpp LIBS test_messages)
vgpu_add_test(
  NAME call_golden
  SOURCES call/golden_test.cpp
  LIBS test_messages
  DEFINITIONS VGPU_GOLDEN_FILE="${CMAKE_CURRENT_SOURCE_DIR}/call/golden.tsv")
vgpu_add_test(
  NAME call_capnp_interop
  SOURCES call/capnp_interop_test.cpp
  LIBS test_messages CapnProto::capnpc CapnProto::capnp
  DEFINITIONS VGPU_SCHEMA_DIR="${VGPU_SCHEMA_DIR}" VGPU_CAPNP_IMPORT_DIR="${CAPNP_INCLUDE_DIRECTORY}")
vgpu_add_test(NAME call_image SOURCES call/image_test.cpp LIBS vgpu::vgpu)
vgpu_add_test(NAME call_trace SOURCES call/trace_test.cpp LIBS vgpu::vgpu)
