foreach(name url handshake connect channel message stream bulk ring_channel)
  vgpu_add_test(NAME transport_${name} SOURCES transport/${name}_test.cpp LIBS vgpu::vgpu LABELS transport)
endforeach()
