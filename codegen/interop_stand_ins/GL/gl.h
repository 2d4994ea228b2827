#pragma once
// The types that cudaGL.h needs, where OpenGL's header is not installed.
typedef unsigned int GLuint;
typedef unsigned int GLenum;
