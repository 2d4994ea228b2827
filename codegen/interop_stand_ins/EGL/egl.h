#pragma once
// The types that cudaEGL.h needs, where EGL's headers are not installed.
typedef int EGLint;
