# What `cmake --install` puts in place, and the targets that install into build/stage: `stage` all of it,
# `stage_product` what runs a program, and of the rest only what is built already.

include(CMakePackageConfigHelpers)

install(
  DIRECTORY ${PROJECT_SOURCE_DIR}/include/vgpu
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING
  PATTERN *.hpp
  PATTERN *.capnp
  PATTERN operations.tsv)
install(
  DIRECTORY ${VGPU_GENERATED_DIR}/vgpu
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING
  PATTERN *.hpp)
install(FILES ${VGPU_GENERATED_DIR}/reference.md DESTINATION ${CMAKE_INSTALL_DATADIR}/vgpu)

install(TARGETS vgpu EXPORT vgpu-targets)
install(
  EXPORT vgpu-targets
  NAMESPACE vgpu::
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/vgpu)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/vgpu-config.cmake.in ${PROJECT_BINARY_DIR}/vgpu-config.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/vgpu)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/vgpu-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/vgpu-config.cmake ${PROJECT_BINARY_DIR}/vgpu-config-version.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/vgpu)

if(VGPU_BUILD_BINARIES)
  foreach(target stage stage_product)
    add_custom_target(
      ${target}
      COMMAND ${CMAKE_COMMAND} --install ${PROJECT_BINARY_DIR} --prefix ${PROJECT_SOURCE_DIR}/build/stage
      COMMENT "Installing into build/stage"
      VERBATIM)
    add_dependencies(${target} vgpu_generated vgpu-guest vgpu-host vgpu-softdevice vgpu-cli)
  endforeach()
  if(TARGET vgpu-bench)
    add_dependencies(stage vgpu-bench)
  endif()
  if(TARGET vgpu-conformance)
    add_dependencies(stage vgpu-conformance)
  endif()
endif()
