// Objects with virtual functions, made and destroyed on the device.
#include "suite.hpp"

class Shape {
 public:
  __device__ explicit Shape(int* destroyed) : destroyed_(destroyed) {}
  __device__ virtual ~Shape() { atomicAdd(destroyed_, 1); }
  __device__ virtual float area() const = 0;
  __device__ virtual int corners() const { return 0; }

 private:
  int* destroyed_;
};

class Circle : public Shape {
 public:
  __device__ Circle(float radius, int* destroyed) : Shape(destroyed), radius_(radius) {}
  __device__ float area() const override { return 3.0f * radius_ * radius_; }

 protected:
  float radius_;
};

class Polygon : public Shape {
 public:
  __device__ Polygon(int corners, int* destroyed) : Shape(destroyed), corners_(corners) {}
  __device__ ~Polygon() override { corners_ = 0; }
  __device__ float area() const override { return 10.0f * corners_; }
  __device__ int corners() const override { return corners_; }

 private:
  int corners_;
};

class Ring final : public Circle {
 public:
  using Circle::Circle;
  __device__ float area() const override { return Circle::area() * 0.5f; }
  __device__ int corners() const override { return -1; }
};

__global__ void make(Shape** shapes, int* destroyed) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i % 3 == 0) {
    shapes[i] = new Circle(static_cast<float>(i), destroyed);
  } else if (i % 3 == 1) {
    shapes[i] = new Polygon(i, destroyed);
  } else {
    shapes[i] = new Ring(static_cast<float>(i), destroyed);
  }
}

__global__ void measure(Shape* const* shapes, float* areas, int* corners) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  areas[i] = shapes[i]->area();
  corners[i] = shapes[i]->corners();
}

__global__ void destroy(Shape** shapes) {
  delete shapes[blockIdx.x * blockDim.x + threadIdx.x];
}

int main() {
  const int blocks = 3, threads = 40, count = blocks * threads;
  Buffer<Shape*> shapes(count);
  Buffer<int> destroyed(1), corners(count);
  Buffer<float> areas(count);
  make<<<blocks, threads>>>(shapes, destroyed);
  measure<<<blocks, threads>>>(shapes, areas, corners);
  const auto area = areas.read();
  const auto corner = corners.read();
  for (int i = 0; i < count; ++i) {
    const float circle = 3.0f * i * i;
    EXPECT(area[i] == (i % 3 == 0 ? circle : i % 3 == 1 ? 10.0f * i : circle * 0.5f));
    EXPECT(corner[i] == (i % 3 == 0 ? 0 : i % 3 == 1 ? i : -1));
  }
  EXPECT(destroyed.read()[0] == 0);
  destroy<<<blocks, threads>>>(shapes);
  EXPECT(destroyed.read()[0] == count);
  return finish("virtual_functions");
}
