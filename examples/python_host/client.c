// A program of CUDA's driver API, as any other: finds the device, copies to it, on it, and back.
#include <cuda.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(call)                                            \
  do {                                                         \
    CUresult result = (call);                                  \
    if (result != CUDA_SUCCESS) {                              \
      fprintf(stderr, "%s returned %d\n", #call, (int)result); \
      exit(1);                                                 \
    }                                                          \
  } while (0)

enum { size = 1000003 };

int main(void) {
  int devices = 0;
  char name[256];
  size_t total = 0;
  int major = 0;
  CUdevice device;
  CHECK(cuInit(0));
  CHECK(cuDeviceGetCount(&devices));
  CHECK(cuDeviceGet(&device, 0));
  CHECK(cuDeviceGetName(name, sizeof name, device));
  CHECK(cuDeviceTotalMem(&total, device));
  CHECK(cuDeviceGetAttribute(&major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device));
  printf("%d device(s); the first is \"%s\" with %zu MiB, compute capability %d.x\n", devices, name,
         total >> 20, major);

  CUcontext context;
  CHECK(cuDevicePrimaryCtxRetain(&context, device));
  CHECK(cuCtxSetCurrent(context));
  unsigned char* sent = malloc(size);
  unsigned char* received = calloc(size, 1);
  for (int i = 0; i < size; ++i) sent[i] = (unsigned char)(i * 31 + i / 253);

  CUdeviceptr first;
  CUdeviceptr second;
  CHECK(cuMemAlloc(&first, size));
  CHECK(cuMemAlloc(&second, size));
  CHECK(cuMemcpyHtoD(first, sent, size));
  CHECK(cuMemcpyDtoD(second, first, size));
  CHECK(cuMemcpyDtoH(received, second, size));
  const int equal = memcmp(sent, received, size) == 0;
  printf("%d bytes went there and back: %s\n", size, equal ? "equal" : "different");

  // What lies outside of the program's memory is refused.
  const CUresult outside = cuMemcpyDtoH(received, second + size - 10, 11);
  printf("a copy from beyond returned %d\n", (int)outside);

  CHECK(cuMemFree(first));
  CHECK(cuMemFree(second));
  CHECK(cuDevicePrimaryCtxRelease(device));
  free(sent);
  free(received);
  return equal && outside == CUDA_ERROR_INVALID_VALUE ? 0 : 1;
}
