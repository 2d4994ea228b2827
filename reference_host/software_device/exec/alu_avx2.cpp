#define VGPU_ISA avx2
#include "reference_host/software_device/exec/alu_isa.inl"
