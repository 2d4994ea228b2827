#include <vgpu/message_list_2.hpp>

#include "typed_message.hpp"

namespace vgpu::test {

void append_message_types_2(std::vector<MessageType>& all);
void append_message_types_2(std::vector<MessageType>& all) {
  calls::for_each_message_2([&all]<class M>(const char* file, const char* name, const char* which) {
    add<M>(all, file, name, which);
  });
}

}  // namespace vgpu::test
