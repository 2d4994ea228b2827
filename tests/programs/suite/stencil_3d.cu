// A seven-point stencil that marches through planes with its neighbours in registers.
#include "suite.hpp"

__global__ void laplacian(const double* from, double* to, int nx, int ny, int nz) {
  const int x = blockIdx.x * blockDim.x + threadIdx.x + 1;
  const int y = blockIdx.y * blockDim.y + threadIdx.y + 1;
  if (x >= nx - 1 || y >= ny - 1) return;
  const int plane = nx * ny;
  int at = y * nx + x;
  double below = from[at], here = from[at + plane];
  for (int z = 1; z < nz - 1; ++z) {
    at += plane;
    const double above = from[at + plane];
    to[at] = below + above + from[at - 1] + from[at + 1] + from[at - nx] + from[at + nx] - 6 * here;
    below = here;
    here = above;
  }
}

int main() {
  const int nx = 37, ny = 21, nz = 18;
  std::vector<double> values(nx * ny * nz), expected(values.size());
  // Of x^2 + 2 y^2 + 3 z^2 + x y it is 12 everywhere, exactly.
  for (int z = 0; z < nz; ++z) {
    for (int y = 0; y < ny; ++y) {
      for (int x = 0; x < nx; ++x) {
        const int at = (z * ny + y) * nx + x;
        const bool inner = x && y && z && x < nx - 1 && y < ny - 1 && z < nz - 1;
        values[at] = x * x + 2 * y * y + 3 * z * z + x * y;
        expected[at] = inner ? 12 : 0;
      }
    }
  }
  Buffer<double> from(values), to(values.size());
  laplacian<<<dim3(3, 6), dim3(16, 4)>>>(from, to, nx, ny, nz);
  EXPECT(to.read() == expected);
  return finish("stencil_3d");
}
