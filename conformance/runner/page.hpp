#pragma once

#include <string_view>

namespace vgpu::conformance {

/// report.html with "@REPORT@" where the report's JSON goes; made from runner/page.html.
extern const std::string_view report_page;

}  // namespace vgpu::conformance
