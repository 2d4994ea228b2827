#include "wire/describe.hpp"

#include <vgpu/calls/session.hpp>

#include "wire/client.hpp"
#include "wire/guest_process.hpp"
#include "wire/server.hpp"

namespace vgpu::conformance::wire {

namespace {

nlohmann::json feature_names(std::uint64_t bits) {
  nlohmann::json names = nlohmann::json::array();
  if ((bits & guest::feature::descriptors) != 0) names.push_back("descriptors");
  if ((bits & guest::feature::shared_host_memory) != 0) names.push_back("sharedHostMemory");
  if ((bits & guest::feature::staging) != 0) names.push_back("staging");
  if ((bits & guest::feature::output) != 0) names.push_back("output");
  return names;
}

void describe_host(nlohmann::json& host) {
  Channel channel = open_session();
  const Welcome& welcome = channel.session().welcome;
  host["protocol_version"] = welcome.protocol_version;
  host["host_name"] = welcome.host_name;
  host["backend"] = welcome.backend;
  host["driver_version"] = welcome.cuda_version;
  host["features"] = feature_names(welcome.features);
  host["frame_cap"] = welcome.frame_cap;
  host["message_budget"] = welcome.message_budget;
  host["devices"] = welcome.device_count;
  calls::DeviceSnapshot::Reply device;
  const Answer answer = channel.ask<calls::DeviceSnapshot>({.ordinal = 0}, device);
  if (answer.status() == status::success) host["name"] = std::string(device.name);
}

nlohmann::json describe_host() {
  nlohmann::json host;
  try {
    describe_host(host);
  } catch (const NoPeer&) {
    throw;
  } catch (const PeerError& error) {
    // Not fatal: the tests will say more.
    host["error"] = error.what();
  }
  return host;
}

nlohmann::json describe_guest() {
  Server server;
  GuestProcess guest;
  const std::string failure = guest.wait(3 * patience());
  if (!server.wait_for_end(3 * patience()) || server.greetings().empty()) {
    throw NoPeer("no guest has come: " + failure + guest.output());
  }
  const Greeting& hello = server.greetings().front();
  nlohmann::json description;
  if (!failure.empty()) description["error"] = failure;
  description["protocol_version"] = hello.protocol_version;
  description["program"] = hello.program;
  description["driver_version"] = hello.cuda_version;
  description["features"] = feature_names(hello.features);
  return description;
}

}  // namespace

nlohmann::json describe_target() {
  return target().listens ? describe_guest() : describe_host();
}

}  // namespace vgpu::conformance::wire
