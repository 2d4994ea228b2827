/// The mock driver with the mark of a guest library.

#include "mock_driver.cpp"
#include "vgpu/support/guest_note.hpp"
