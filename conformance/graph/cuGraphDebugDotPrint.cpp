#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "fixture/fixture.hpp"
#include "fixture/graphs.hpp"

namespace vgpu::conformance::test_cuGraphDebugDotPrint {

CONFORMANCE_SUITE(cuGraphDebugDotPrint, Context);
CONFORMANCE_SUITE(cuGraphDebugDotPrint_fresh, Uninitialised);

/// A file name in the working directory's temporary space; the file is removed at the end.
class File {
 public:
  File() {
    const char* const folder = std::getenv("TMPDIR");
    path_ = std::string(folder != nullptr ? folder : "/tmp") + "/vgpu-conformance-XXXXXX";
    const int file = ::mkstemp(path_.data());
    if (file < 0) throw SetUpFailure("no temporary file can be made");
    ::close(file);
  }
  ~File() { ::unlink(path_.c_str()); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  [[nodiscard]] const char* path() const { return path_.c_str(); }
  [[nodiscard]] std::string text() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string& text) const { std::ofstream(path_) << text; }
  void remove() const { ::unlink(path_.c_str()); }

 private:
  std::string path_;
};

std::string dot(CUgraph graph, unsigned flags = 0) {
  const File file;
  check(driver().cuGraphDebugDotPrint(graph, file.path(), flags), "cuGraphDebugDotPrint");
  return file.text();
}

std::size_t occurrences(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; at += word.size()) {
    ++count;
  }
  return count;
}

TEST_F(cuGraphDebugDotPrint, DescribesTopologyAndKernels) {
  const DeviceBuffer<unsigned> buffer(10);
  const Module module;
  const Graph graph;
  const CUgraphNode a = add_kernel(graph, {}, module.kernel("fill"), buffer, {1});
  const CUgraphNode b = add_kernel(graph, {a}, module.kernel("scale_add"), buffer, {1, 2});
  add_memset(graph, {a, b}, buffer, 1);
  const std::string text = dot(graph);
  EXPECT_EQ(text.find("digraph"), 0U);
  EXPECT_EQ(occurrences(text, "->"), 3U);
  EXPECT_NE(text.find("fill"), std::string::npos) << text;
  EXPECT_NE(text.find("scale_add"), std::string::npos) << text;
  EXPECT_NE(text.find("MEMSET"), std::string::npos) << text;
  EXPECT_EQ(occurrences(text, "{"), occurrences(text, "}"));
}

TEST_F(cuGraphDebugDotPrint, SaysMoreWhenAskedTo) {
  const DeviceBuffer<unsigned> buffer(10);
  const Module module;
  const Graph graph;
  add_kernel(graph, {}, module.kernel("fill"), buffer, {1});
  const std::string brief = dot(graph);
  EXPECT_GT(dot(graph, CU_GRAPH_DEBUG_DOT_FLAGS_VERBOSE).size(), brief.size());
  EXPECT_GT(dot(graph, CU_GRAPH_DEBUG_DOT_FLAGS_KERNEL_NODE_PARAMS).size(), brief.size());
}

TEST_F(cuGraphDebugDotPrint, DescribesAnEmptyGraph) {
  const Graph graph;
  const std::string text = dot(graph);
  EXPECT_EQ(text.find("digraph"), 0U);
  EXPECT_EQ(occurrences(text, "->"), 0U);
}

TEST_F(cuGraphDebugDotPrint, DescribesLargeGraphs) {
  const Graph graph;
  CUgraphNode last = add_empty(graph);
  for (int i = 0; i < 999; ++i) last = add_empty(graph, {last});
  EXPECT_EQ(occurrences(dot(graph), "->"), 999U);
}

TEST_F(cuGraphDebugDotPrint, MakesTheFile) {
  const Graph graph;
  const File file;
  file.remove();
  EXPECT_CUDA_OK(driver().cuGraphDebugDotPrint(graph, file.path(), 0));
  EXPECT_FALSE(file.text().empty());
}

TEST_F(cuGraphDebugDotPrint, ReplacesWhatWasInTheFile) {
  const Graph graph;
  const File file;
  file.write(std::string(100'000, '#'));
  EXPECT_CUDA_OK(driver().cuGraphDebugDotPrint(graph, file.path(), 0));
  EXPECT_EQ(file.text().find('#'), std::string::npos);
}

TEST_F(cuGraphDebugDotPrint, RefusesAFileThatCannotBeWritten) {
  const Graph graph;
  EXPECT_CUDA(CUDA_ERROR_OPERATING_SYSTEM,
              driver().cuGraphDebugDotPrint(graph, "/no-such-folder/graph.dot", 0));
}

TEST_F(cuGraphDebugDotPrint, RefusesNull) {
  const Graph graph;
  const File file;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphDebugDotPrint(graph, nullptr, 0));
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE, driver().cuGraphDebugDotPrint(nullptr, file.path(), 0));
  EXPECT_TRUE(file.text().empty());
}

TEST_F(cuGraphDebugDotPrint, RefusesADestroyedGraph) {
  const File file;
  EXPECT_CUDA(CUDA_ERROR_INVALID_VALUE,
              driver().cuGraphDebugDotPrint(stale_graph(), file.path(), 0));
}

TEST_F(cuGraphDebugDotPrint, IsSafeDuringCapture) {
  const Graph graph;
  const File file;
  expect_safe_in_capture([&] { return driver().cuGraphDebugDotPrint(graph, file.path(), 0); });
}

// Undocumented.
TEST_F(cuGraphDebugDotPrint, NeedsNoCurrentContext) {
  const Graph graph;
  const File file;
  const NoContext none;
  EXPECT_CUDA_OK(driver().cuGraphDebugDotPrint(graph, file.path(), 0));
}

TEST_F(cuGraphDebugDotPrint_fresh, BeforeInit) {
  const File file;
  EXPECT_REFUSED_BEFORE_INIT(
      CUDA_ERROR_INVALID_VALUE,
      driver().cuGraphDebugDotPrint(garbage_handle<CUgraph>(), file.path(), 0));
}

}  // namespace vgpu::conformance::test_cuGraphDebugDotPrint
