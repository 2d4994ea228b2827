// Gravitation: tiles of bodies in shared memory, rsqrt, and a few steps of leapfrog.
#include "suite.hpp"

constexpr int tile = 64;
constexpr float softening = 0.01f, dt = 0.01f;

__global__ void accelerate(const float4* bodies, float3* velocities, int count) {
  __shared__ float4 cells[tile];
  const int i = blockIdx.x * tile + threadIdx.x;
  const float4 me = i < count ? bodies[i] : make_float4(0, 0, 0, 0);
  float3 sum = {0, 0, 0};
  for (int base = 0; base < count; base += tile) {
    const int other = base + threadIdx.x;
    cells[threadIdx.x] = other < count ? bodies[other] : make_float4(0, 0, 0, 0);
    __syncthreads();
#pragma unroll 4
    for (int k = 0; k < tile; ++k) {
      const float4 body = cells[k];
      const float x = body.x - me.x, y = body.y - me.y, z = body.z - me.z;
      const float inverse = rsqrtf(x * x + y * y + z * z + softening);
      const float pull = body.w * inverse * inverse * inverse;
      sum.x += pull * x;
      sum.y += pull * y;
      sum.z += pull * z;
    }
    __syncthreads();
  }
  if (i >= count) return;
  velocities[i].x += dt * sum.x;
  velocities[i].y += dt * sum.y;
  velocities[i].z += dt * sum.z;
}

__global__ void drift(float4* bodies, const float3* velocities, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  bodies[i].x += dt * velocities[i].x;
  bodies[i].y += dt * velocities[i].y;
  bodies[i].z += dt * velocities[i].z;
}

int main() {
  const int count = 300, steps = 3;
  Random random(5);
  std::vector<float4> bodies(count);
  std::vector<double> at(3 * count), speed(3 * count);
  for (int i = 0; i < count; ++i) {
    bodies[i] = make_float4(random.uniform(-1, 1), random.uniform(-1, 1), random.uniform(-1, 1),
                            random.uniform(0.1, 1));
    at[3 * i] = bodies[i].x, at[3 * i + 1] = bodies[i].y, at[3 * i + 2] = bodies[i].z;
  }
  Buffer<float4> device(bodies);
  Buffer<float3> velocities(count);
  for (int step = 0; step < steps; ++step) {
    accelerate<<<blocks_for(count, tile), tile>>>(device, velocities, count);
    drift<<<blocks_for(count, 128), 128>>>(device, velocities, count);
    for (int i = 0; i < count; ++i) {
      double sum[3] = {};
      for (int k = 0; k < count; ++k) {
        const double d[3] = {at[3 * k] - at[3 * i], at[3 * k + 1] - at[3 * i + 1],
                             at[3 * k + 2] - at[3 * i + 2]};
        const double square = d[0] * d[0] + d[1] * d[1] + d[2] * d[2] + softening;
        for (int c = 0; c < 3; ++c) sum[c] += bodies[k].w / (square * std::sqrt(square)) * d[c];
      }
      for (int c = 0; c < 3; ++c) speed[3 * i + c] += dt * sum[c];
    }
    for (int i = 0; i < 3 * count; ++i) at[i] += dt * speed[i];
  }
  std::vector<float> result;
  for (const float4& body : device.read()) result.insert(result.end(), {body.x, body.y, body.z});
  EXPECT(all_close(result, at, 2e-5));
  return finish("nbody");
}
