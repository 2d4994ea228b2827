#include <vgpu/message_list_0.hpp>

#include "typed_message.hpp"

namespace vgpu::test {

void append_message_types_0(std::vector<MessageType>& all);
void append_message_types_0(std::vector<MessageType>& all) {
  calls::for_each_message_0([&all]<class M>(const char* file, const char* name, const char* which) {
    add<M>(all, file, name, which);
  });
}

}  // namespace vgpu::test
