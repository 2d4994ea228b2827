# cmake -DPAGE=page.html -DOUT=page.cpp -P embed_page.cmake
file(READ ${PAGE} hex HEX)
string(LENGTH "${hex}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," hex "${hex}")
string(REGEX REPLACE "(('....',){16})" "\\1\n" hex "${hex}")
file(WRITE ${OUT} "#include \"runner/page.hpp\"
namespace vgpu::conformance {
namespace {
constexpr char page[] = {${hex}'\\0'};
}
const std::string_view report_page(page, ${size});
}
")
