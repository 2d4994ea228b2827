#pragma once

/// The work of kernels/software_device.cu as plain loops of one thread: the control of the software
/// device. Compiled with -O3 -mavx2 whatever the rest is compiled with.
namespace vgpu::bench::native {

struct Body {
  float x;
  float y;
  float z;
  float mass;
};

void vector_add(const float* a, const float* b, float* c, int n);
/// Row times column, the innermost loop over k.
void matrix_product(const float* a, const float* b, float* c, int n);
void n_body(const Body* bodies, Body* accelerations, int n);
void mandelbrot(int* steps, int size, int most);
float reduce(const float* values, int n);

}  // namespace vgpu::bench::native
