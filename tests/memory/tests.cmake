vgpu_add_test(NAME memory_interval_map SOURCES memory/interval_map_test.cpp LIBS vgpu::vgpu)
vgpu_add_test(NAME memory_address_window SOURCES memory/address_window_test.cpp LIBS vgpu::vgpu)
