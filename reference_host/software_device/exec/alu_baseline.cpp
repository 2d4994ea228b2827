#define VGPU_ISA baseline
#include "reference_host/software_device/exec/alu_isa.inl"
