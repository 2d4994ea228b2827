vgpu_add_test(NAME guest_integrity SOURCES guest/integrity_test.cpp LIBS vgpu::vgpu LABELS guest)
vgpu_add_test(NAME guest_handles SOURCES guest/handles_test.cpp LIBS vgpu::vgpu LABELS guest)
vgpu_add_test(NAME guest_context_storage SOURCES guest/context_storage_test.cpp LIBS vgpu::vgpu LABELS guest)
# The table's contexts live until the process ends.
vgpu_add_test(NAME guest_context SOURCES guest/context_table_test.cpp LIBS vgpu::vgpu LABELS guest
              ENVIRONMENT ASAN_OPTIONS=detect_leaks=0)
vgpu_add_test(NAME guest_core SOURCES guest/core_test.cpp LIBS vgpu::vgpu LABELS guest)
vgpu_add_test(NAME guest_session_loss SOURCES guest/session_loss_test.cpp LIBS vgpu::vgpu LABELS guest)
vgpu_add_test(NAME guest_call_log SOURCES guest/call_log_test.cpp LIBS vgpu::vgpu LABELS guest
              DEFINITIONS VGPU_CUDA_HEADER="${VGPU_CUDA_INCLUDE_DIR}/cuda.h")
vgpu_add_test(NAME guest_private_tables SOURCES guest/private_tables_test.cpp
                                                ${PROJECT_SOURCE_DIR}/reference_guest/private_tables.cpp
              LIBS vgpu::vgpu LABELS guest)
target_include_directories(test_guest_private_tables PRIVATE ${PROJECT_SOURCE_DIR}/reference_guest)

vgpu_add_test(NAME guest_memory_registry SOURCES guest/memory_registry_test.cpp LIBS vgpu::vgpu LABELS guest)
vgpu_add_test(NAME guest_stream_object_note SOURCES guest/stream_object_note_test.cpp LIBS vgpu::vgpu LABELS guest)
target_include_directories(test_guest_stream_object_note PRIVATE ${PROJECT_SOURCE_DIR}/reference_guest)

if(TARGET vgpu-guest)
  vgpu_add_test(NAME guest_library SOURCES guest/library_test.cpp LIBS vgpu::vgpu ${CMAKE_DL_LIBS} LABELS guest
                DEFINITIONS VGPU_GUEST_LIBRARY="$<TARGET_FILE:vgpu-guest>"
                            VGPU_GETPROC_TABLE="${CMAKE_CURRENT_SOURCE_DIR}/guest/getproc_table.tsv")
  add_dependencies(test_guest_library vgpu-guest)
endif()
