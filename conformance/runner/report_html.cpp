#include <string>
#include <string_view>

#include "runner/page.hpp"
#include "runner/results.hpp"

namespace vgpu::conformance {

std::string to_html(const nlohmann::ordered_json& report) {
  std::string data = report.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  // Within a script element, nothing may look like the element's end.
  for (std::size_t at = 0; (at = data.find('<', at)) != std::string::npos;) {
    data.replace(at, 1, "\\u003c");
  }
  std::string page(report_page);
  constexpr std::string_view place = "@REPORT@";
  page.replace(page.find(place), place.size(), data);
  return page;
}

}  // namespace vgpu::conformance
