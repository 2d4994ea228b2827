# cmake -DSTEM=basic -DPTX=a.ptx -DFATBIN=a.fatbin -DOUT=a.cpp -P embed.cmake: both files as constants of C++.
file(READ ${PTX} ptx HEX)
file(READ ${FATBIN} fatbin HEX)
foreach(name ptx fatbin)
  string(LENGTH "${${name}}" ${name}_digits)
  math(EXPR ${name}_size "${${name}_digits} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," ${name} "${${name}}")
  string(REGEX REPLACE "((0x..,){24})" "\\1\n" ${name} "${${name}}")
endforeach()
file(WRITE ${OUT} "namespace vgpu::conformance::embedded {
extern const unsigned char ${STEM}_ptx[] = {${ptx}0};
extern const unsigned long ${STEM}_ptx_size = ${ptx_size};
alignas(16) extern const unsigned char ${STEM}_fatbin[] = {${fatbin}0};
extern const unsigned long ${STEM}_fatbin_size = ${fatbin_size};
}
")
