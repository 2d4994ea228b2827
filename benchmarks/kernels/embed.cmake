# cmake -DPTX=a.ptx -DOUT=a.cpp -P embed.cmake: the text as a constant of C++.
file(READ ${PTX} ptx)
file(WRITE ${OUT} "namespace vgpu::bench {
extern const char software_device_ptx[];
const char software_device_ptx[] = R\"ptx(${ptx})ptx\";
}
")
