# ptx-corpus: runs the corpus of PTX cases on any CUDA driver library. The corpus is made by generate.py at build time; what
# it must compute was recorded on a GPU (tests/gpu/record_ptx_corpus.sh) and lies in expected/.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(corpus_source ${CMAKE_CURRENT_LIST_DIR})
set(corpus_out ${CMAKE_CURRENT_BINARY_DIR}/ptx_corpus)
file(GLOB corpus_modules CONFIGURE_DEPENDS ${corpus_source}/generate.py ${corpus_source}/corpus/*.py)

add_custom_command(
  OUTPUT ${corpus_out}/corpus.idx ${corpus_out}/corpus.blob
  COMMAND Python3::Interpreter -B ${corpus_source}/generate.py ${corpus_out}
  DEPENDS ${corpus_modules}
  VERBATIM)
add_custom_target(ptx-corpus-cases ALL DEPENDS ${corpus_out}/corpus.idx)

add_executable(ptx-corpus ptx_corpus/runner/main.cpp ptx_corpus/runner/corpus.cpp ptx_corpus/runner/compare.cpp
                          ptx_corpus/runner/device.cpp)
target_link_libraries(ptx-corpus PRIVATE vgpu_options ${CMAKE_DL_LIBS})
# It is carried to machines with other C++ libraries.
target_link_options(ptx-corpus PRIVATE -static-libstdc++ -static-libgcc)
target_include_directories(ptx-corpus SYSTEM PRIVATE ${VGPU_CUDA_INCLUDE_DIR})
add_dependencies(ptx-corpus ptx-corpus-cases)

if(TARGET vgpu-softdevice)
  add_test(NAME ptx_corpus
           COMMAND ptx-corpus check --driver $<TARGET_FILE:vgpu-softdevice> --corpus ${corpus_out}
                   --expected ${corpus_source}/expected --unsupported ${corpus_source}/unsupported.txt --coverage --strict)
  set_tests_properties(ptx_corpus PROPERTIES TIMEOUT 120 LABELS software_device ENVIRONMENT ${VGPU_TSAN_OPTIONS})
  add_test(NAME ptx_corpus_instruction_sets
           COMMAND ${corpus_source}/instruction_sets.sh $<TARGET_FILE:ptx-corpus> $<TARGET_FILE:vgpu-softdevice> ${corpus_out})
  set_tests_properties(ptx_corpus_instruction_sets PROPERTIES TIMEOUT 120 LABELS software_device ENVIRONMENT
                       ${VGPU_TSAN_OPTIONS})
endif()
