# ggml's CUDA backend as llama.cpp's users get it, prebuilt by a third party: loaded through guest, wire and
# host. VGPU_DOWNLOADS (environment) names the folder that keeps it; VGPU_TEST_OFFLINE=1 does without it.
if(VGPU_SANITIZE)
  return()
endif()

set(ggml_dir ${PROJECT_SOURCE_DIR}/tests/ggml)
add_test(NAME ggml_fetch COMMAND ${ggml_dir}/fetch.sh)
set_tests_properties(ggml_fetch PROPERTIES FIXTURES_SETUP ggml_cuda SKIP_RETURN_CODE 77 TIMEOUT 600 LABELS program)

vgpu_add_driver_program(ggml_cuda ggml)
foreach(transport shm unix tcp)
  vgpu_add_script_test(ggml_cuda_${transport} ${ggml_dir}/run.sh ${transport} ${staged_vgpu}
                       $<TARGET_FILE:test_ggml_cuda> "${toolkit_libraries}")
  set_tests_properties(ggml_cuda_${transport} PROPERTIES FIXTURES_REQUIRED "stage;ggml_cuda" SKIP_RETURN_CODE 77 LABELS
                                                                           program)
endforeach()
