vgpu_add_test(NAME host_ticket_gate SOURCES host/ticket_gate_test.cpp LIBS vgpu::vgpu)
vgpu_add_test(NAME host_handle_table SOURCES host/handle_table_test.cpp LIBS vgpu::vgpu)
vgpu_add_test(NAME host_channel_server SOURCES host/channel_server_test.cpp LIBS vgpu::vgpu)
vgpu_add_test(NAME host_staging_area SOURCES host/staging_area_test.cpp LIBS vgpu::vgpu)

if(VGPU_BUILD_BINARIES)
  vgpu_add_test(NAME host_captured_output SOURCES host/captured_output_test.cpp LIBS vgpu_host_calls)
  vgpu_add_test(NAME host_stream_function SOURCES host/stream_host_function_test.cpp LIBS vgpu_host_calls)
  vgpu_add_test(NAME host_primary_context SOURCES host/primary_context_test.cpp LIBS vgpu_host_calls)

  foreach(driver mock_driver marked_driver)
    add_library(test_${driver} MODULE host/${driver}.cpp)
    target_link_libraries(test_${driver} PRIVATE vgpu::vgpu vgpu_options)
  endforeach()
  vgpu_add_test(NAME host_backend SOURCES host/backend_test.cpp LIBS vgpu::vgpu DEFINITIONS
                VGPU_MOCK_DRIVER="$<TARGET_FILE:test_mock_driver>" VGPU_MARKED_DRIVER="$<TARGET_FILE:test_marked_driver>")
  add_dependencies(test_host_backend test_mock_driver test_marked_driver)
  vgpu_add_test(NAME host_process SOURCES host/host_process_test.cpp LIBS vgpu::vgpu DEFINITIONS
                VGPU_MOCK_DRIVER="$<TARGET_FILE:test_mock_driver>" VGPU_HOST_PROGRAM="$<TARGET_FILE:vgpu-host>")
  add_dependencies(test_host_process test_mock_driver vgpu-host)
  # Its limits of a second are the product's promises, not those of a machine that compiles beside it.
  # A worker's SIGSEGV is to end it, whatever a sanitizer would make of it.
  set_tests_properties(host_process PROPERTIES RUN_SERIAL ON ENVIRONMENT
                                               "ASAN_OPTIONS=handle_segv=0;TSAN_OPTIONS=handle_segv=0 atexit_sleep_ms=0")
endif()
