if(TARGET vgpu-softdevice)
  include(${CMAKE_CURRENT_LIST_DIR}/engine_kernels.cmake)
  vgpu_add_test(
    NAME software_device_engine
    SOURCES software_device/engine_programs_test.cpp software_device/engine_language_test.cpp
            software_device/engine_fatbin_test.cpp software_device/engine_faults_test.cpp
            software_device/engine_matrix_test.cpp software_device/engine_instruction_test.cpp
            software_device/engine_texture_test.cpp
            $<TARGET_OBJECTS:vgpu-softdevice-engine>
    LIBS lz4 zstd
    LABELS software_device
    ENVIRONMENT ${VGPU_TSAN_OPTIONS}
    TIMEOUT 300)
  target_include_directories(test_software_device_engine PRIVATE ${PROJECT_SOURCE_DIR})
  target_include_directories(test_software_device_engine SYSTEM PRIVATE ${CUDAToolkit_INCLUDE_DIRS})
  vgpu_engine_test_kernels(test_software_device_engine ${CUDAToolkit_NVCC_EXECUTABLE})

  # A tool for developers, too: what the decoder refuses in given PTX.
  add_executable(decode_report software_device/decode_report.cpp
                 $<TARGET_OBJECTS:vgpu-softdevice-engine>)
  target_compile_features(decode_report PRIVATE cxx_std_20)
  target_include_directories(decode_report PRIVATE ${PROJECT_SOURCE_DIR})
  target_include_directories(decode_report SYSTEM PRIVATE ${CUDAToolkit_INCLUDE_DIRS})
  target_link_libraries(decode_report PRIVATE vgpu_options lz4 zstd Threads::Threads)

  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  cmake_path(GET CUDAToolkit_NVCC_EXECUTABLE PARENT_PATH cuda_tools)
  add_test(NAME software_device_instruction_forms
           COMMAND Python3::Interpreter -B ${CMAKE_CURRENT_LIST_DIR}/instruction_forms.py ${cuda_tools}/ptxas
                   $<TARGET_FILE:decode_report>)
  set_tests_properties(software_device_instruction_forms PROPERTIES TIMEOUT 300 LABELS software_device)

  foreach(name context stream graph memory runtime memcheck code)
    # A fault ends the process's use of the device.
    set(process)
    if(name MATCHES "context|stream|runtime|memcheck")
      set(process PROCESS_PER_TEST)
    endif()
    set(environment)
    if(name STREQUAL "runtime")
      set(environment ENVIRONMENT VGPU_SOFT_TIMEOUT=2)
    endif()
    vgpu_add_test(
      NAME software_device_${name}
      ${process}
      ${environment}
      SOURCES software_device/driver_${name}_test.cpp
      LIBS ${CMAKE_DL_LIBS}
      DEFINITIONS VGPU_SOFTDEVICE_PATH="$<TARGET_FILE:vgpu-softdevice>"
                  VGPU_ENGINE_KERNEL_DIR="${CMAKE_CURRENT_BINARY_DIR}/engine_kernels"
      LABELS software_device)
    target_include_directories(test_software_device_${name} PRIVATE ${PROJECT_SOURCE_DIR})
    target_include_directories(test_software_device_${name} SYSTEM PRIVATE ${CUDAToolkit_INCLUDE_DIRS})
    add_dependencies(test_software_device_${name} vgpu-softdevice test_software_device_engine_kernels)
  endforeach()
endif()
