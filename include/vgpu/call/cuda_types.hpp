#pragma once

/// \file
/// The toolkit's own declarations of the driver, with every ABI variant under its exported name.
///
/// cuda.h renames functions by macro (cuMemAlloc means cuMemAlloc_v2) unless
/// __CUDA_API_VERSION_INTERNAL is defined; vgpu always means the exported symbol. The interop
/// headers need those of OpenGL, EGL and VDPAU; where they are not installed, types of the same ABI
/// stand in, since vgpu itself only passes them through.

#ifndef __CUDA_API_VERSION_INTERNAL
#define __CUDA_API_VERSION_INTERNAL
#endif

#include <cuda.h>
#include <cudaProfiler.h>

#if __has_include(<GL/gl.h>)
#include <cudaGL.h>
#else
using GLuint = unsigned int;
using GLenum = unsigned int;
using CUGLDeviceList = unsigned int;
#endif

#if __has_include(<EGL/egl.h>) && __has_include(<EGL/eglext.h>)
#include <cudaEGL.h>
#else
using EGLint = int;
using EGLImageKHR = void*;
using EGLStreamKHR = void*;
using EGLSyncKHR = void*;
using CUeglStreamConnection = struct CUeglStreamConnection_st*;
struct CUeglFrame {
  void* planes[3];
  unsigned int width, height, depth, pitch, plane_count, channels;
  int frame_type, color_format;
  CUarray_format format;
};
using CUeglResourceLocationFlags = unsigned int;
#endif

#if __has_include(<vdpau/vdpau.h>)
// cudaVDPAU.h does not include what it needs.
#include <vdpau/vdpau.h>
//
#include <cudaVDPAU.h>
#else
using VdpDevice = unsigned int;
using VdpVideoSurface = unsigned int;
using VdpOutputSurface = unsigned int;
using VdpFuncId = unsigned int;
using VdpStatus = int;
using VdpGetProcAddress = VdpStatus(VdpDevice device, VdpFuncId function, void** address);
#endif
