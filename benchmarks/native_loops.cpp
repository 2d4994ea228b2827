#include "native_loops.hpp"

#include <cmath>

namespace vgpu::bench::native {

void vector_add(const float* a, const float* b, float* c, int n) {
  for (int i = 0; i < n; ++i) c[i] = a[i] + b[i];
}

void matrix_product(const float* a, const float* b, float* c, int n) {
  for (int row = 0; row < n; ++row) {
    for (int column = 0; column < n; ++column) {
      float sum = 0;
      for (int k = 0; k < n; ++k) sum += a[row * n + k] * b[k * n + column];
      c[row * n + column] = sum;
    }
  }
}

void n_body(const Body* bodies, Body* accelerations, int n) {
  for (int i = 0; i < n; ++i) {
    const Body body = bodies[i];
    float x = 0;
    float y = 0;
    float z = 0;
    for (int j = 0; j < n; ++j) {
      const float dx = bodies[j].x - body.x;
      const float dy = bodies[j].y - body.y;
      const float dz = bodies[j].z - body.z;
      const float inverse = 1 / std::sqrt(dx * dx + dy * dy + dz * dz + 1e-3F);
      const float pull = bodies[j].mass * inverse * inverse * inverse;
      x += dx * pull;
      y += dy * pull;
      z += dz * pull;
    }
    accelerations[i] = {x, y, z, 0};
  }
}

void mandelbrot(int* steps, int size, int most) {
  for (int row = 0; row < size; ++row) {
    for (int column = 0; column < size; ++column) {
      const float re = -2.2F + 3.2F * static_cast<float>(column) / static_cast<float>(size);
      const float im = -1.6F + 3.2F * static_cast<float>(row) / static_cast<float>(size);
      float x = 0;
      float y = 0;
      int step = 0;
      for (; step < most && x * x + y * y < 4; ++step) {
        const float next = x * x - y * y + re;
        y = 2 * x * y + im;
        x = next;
      }
      steps[row * size + column] = step;
    }
  }
}

float reduce(const float* values, int n) {
  float sum = 0;
  for (int i = 0; i < n; ++i) sum += values[i];
  return sum;
}

}  // namespace vgpu::bench::native
