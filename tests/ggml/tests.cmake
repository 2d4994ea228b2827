# llama.cpp and its CUDA backend as their users get them, prebuilt by a third party: loaded through guest, wire and
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

# A model's text from the software device, and the same from the CPU backend beside it.
add_executable(test_llama_cuda ${ggml_dir}/llama_cuda.cpp)
target_link_libraries(test_llama_cuda PRIVATE vgpu_options GTest::gtest GTest::gtest_main ${CMAKE_DL_LIBS})
vgpu_add_script_test(llama_cuda ${ggml_dir}/llama_run.sh shm ${staged_vgpu} $<TARGET_FILE:test_llama_cuda>
                     "${toolkit_libraries}")
set_tests_properties(llama_cuda PROPERTIES FIXTURES_REQUIRED "stage;ggml_cuda" SKIP_RETURN_CODE 77 LABELS program
                                           TIMEOUT 300 PROCESSORS 2)
