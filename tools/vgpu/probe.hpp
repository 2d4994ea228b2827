#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "installation.hpp"
#include "process.hpp"

namespace vgpu::tool {

/// What a libcuda.so.1 answers when it is asked the questions that the CUDA runtime asks when it
/// starts. Asked in a process of its own, since a library may crash, hang, or take the process
/// over.
struct Probe {
  struct Device {
    std::string name;
    std::uint64_t total_memory = 0;
    int capability_major = 0;
    int capability_minor = 0;
  };
  struct Table {
    std::string name;
    bool needed = false;    ///< the runtime cannot start without it
    std::string complaint;  ///< empty when it holds
  };
  struct Handshake {
    unsigned version = 0;   ///< as the runtime passes it: 13000
    std::string complaint;  ///< empty when the digest is right
  };

  std::string failure;     ///< why the probe itself has no answer: dlopen's message, a crash
  std::string loaded;      ///< path that dlopen loaded
  int init = -1;           ///< CUresult of cuInit
  std::string init_name;   ///< "CUDA_ERROR_NO_DEVICE"
  int driver_version = 0;  ///< 13000
  std::vector<Device> devices;
  std::vector<Table> tables;
  std::vector<Handshake> handshakes;
  int runtime_version = 0;     ///< of the libcudart.so given, 0 = none given
  int runtime_result = -1;     ///< its cudaGetDeviceCount
  std::string runtime_error;   ///< cudaGetErrorString of that
  int runtime_devices = 0;     ///< what it counted
  std::string standard_error;  ///< everything the library said
};

/// Loads `library` in a child process and asks it.
/// \param environment  of the child; VGPU_HOST in it decides which host the guest talks to
/// \param runtime      a libcudart.so to try on top of the library; empty = none
/// A library that is not our guest is only asked for its devices.
Probe probe_library(const Installation& installation, const std::filesystem::path& library,
                    const Environment& environment, const std::filesystem::path& runtime);

/// The child's side: `vgpu probe`. Writes its findings to `report_fd` as JSON.
/// \param brief  leaves out everything beyond devices
int run_probe(const std::string& library, const std::string& runtime, bool brief, int report_fd);

}  // namespace vgpu::tool
