# Compiler settings that every target of the tree shares, and the helpers that define tests.

# What -O3 adds here is compile time.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
# The sanitizers' builds: quick to compile, with lines in the reports.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(VGPU_CCACHE ccache)
if(VGPU_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${VGPU_CCACHE})
endif()

option(VGPU_PRECOMPILE_HEADERS "Parse the headers that most units of a target share once" ON)

set(VGPU_SANITIZE "" CACHE STRING "Sanitizers to build with: address;undefined or thread")
# For the environment of tests in which kernels run.
set(VGPU_TSAN_OPTIONS TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/software_device/tsan.supp)

add_library(vgpu_options INTERFACE)
# gcc 12 warns of stores through null pointers in atomics, of overlapping copies in std::string and of reads past one
# pointer in std::vector that no path reaches.
target_compile_options(vgpu_options INTERFACE -Wall -Wextra -Wpedantic -Werror
                                              $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow -Wno-stringop-overread>
                                              $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds -Wno-restrict>)
if(VGPU_SANITIZE)
  list(JOIN VGPU_SANITIZE "," VGPU_SANITIZE_LIST)
  target_compile_options(vgpu_options INTERFACE -fsanitize=${VGPU_SANITIZE_LIST} -fno-omit-frame-pointer)
  target_link_options(vgpu_options INTERFACE -fsanitize=${VGPU_SANITIZE_LIST})
  if("undefined" IN_LIST VGPU_SANITIZE)
    # C programs pass any number where CUDA has an enum.
    target_compile_options(vgpu_options INTERFACE -fno-sanitize-recover=undefined -fno-sanitize=enum)
  endif()
  # gcc's optimiser sees overflows that are not there once the sanitizers have rewritten the code.
  target_compile_options(vgpu_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-tsan>)
endif()

# vgpu_precompile(TARGET HEADER...)
# No unit may rely on it: each includes what it uses, which clang-tidy's run checks.
function(vgpu_precompile target)
  if(VGPU_PRECOMPILE_HEADERS)
    target_precompile_headers(${target} PRIVATE ${ARGN})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      target_compile_options(${target} PRIVATE -fpch-preprocess)
    endif()
  endif()
endfunction()

# vgpu_add_test(NAME n SOURCES a.cpp ... LIBS l ... [ENVIRONMENT A=1 ...] [LABELS l ...] [TIMEOUT s])
# A GoogleTest program, one ctest entry; with PROCESS_PER_TEST one for each of its tests, for tests after which a process
# is of no more use.
function(vgpu_add_test)
  cmake_parse_arguments(ARG "PROCESS_PER_TEST" "NAME;TIMEOUT" "SOURCES;LIBS;ENVIRONMENT;LABELS;DEFINITIONS" ${ARGN})
  set(target test_${ARG_NAME})
  add_executable(${target} ${ARG_SOURCES})
  target_link_libraries(${target} PRIVATE vgpu_options ${ARG_LIBS} GTest::gtest GTest::gtest_main Threads::Threads)
  target_compile_definitions(${target} PRIVATE ${ARG_DEFINITIONS})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(ARG_PROCESS_PER_TEST)
    include(GoogleTest)
    gtest_discover_tests(
      ${target}
      TEST_PREFIX ${ARG_NAME}.
      DISCOVERY_MODE PRE_TEST
      PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}" ENVIRONMENT "${ARG_ENVIRONMENT}")
    return()
  endif()
  add_test(NAME ${ARG_NAME} COMMAND ${target})
  set_tests_properties(${ARG_NAME} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}" ENVIRONMENT
                                                                                    "${ARG_ENVIRONMENT}")
endfunction()
