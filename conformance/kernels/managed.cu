// A module with a managed variable; only for devices that claim managed memory.

extern "C" {

__managed__ unsigned int managed_value = 17;

__global__ void read_managed(unsigned int* to) { *to = managed_value; }
__global__ void write_managed(unsigned int value) { managed_value = value; }

}  // extern "C"
