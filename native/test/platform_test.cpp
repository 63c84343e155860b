#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include "platform/clock.h"
#include "platform/file_event_sink.h"
#include "platform/pipe.h"
#include "test/support.h"

using namespace systemlog;
using namespace systemlog::test;
using namespace std::chrono_literals;

namespace {

/// A pipe name of this test's own.
std::string pipe_name(const Folder& folder, const std::string& name) {
#ifdef _WIN32
  return "\\\\.\\pipe\\systemlog-test-" + folder.path().filename().string() + name;
#else
  return (folder / name).string();
#endif
}

std::string read_text(PipeConnection& connection, std::size_t size) {
  std::string text;
  while (text.size() < size) {
    std::array<std::uint8_t, 1000> part{};
    const Result<std::size_t> got = connection.read_some(part, 5s);
    if (!got || got.value() == 0) break;
    text += text_of(ByteView(part).first(got.value()));
  }
  return text;
}

}  // namespace

TEST_CASE_FIXTURE(Bench, "a file holds what was written where it was written") {
  auto file = std::move(real->open(folder / "f", Files::Open::create_new)).value();
  REQUIRE(file->preallocate(100'000).ok());
  CHECK(file->size().value() == 100'000);
  REQUIRE(file->write_at(99'998, bytes_of("abcd")).ok());
  REQUIRE(file->flush().ok());
  CHECK(file->size().value() == 100'002);
  std::array<std::uint8_t, 10> read{};
  CHECK(file->read_at(99'997, read).value() == 5);
  CHECK(std::string(text_of(ByteView(read).subspan(1, 4))) == "abcd");
  CHECK(read[0] == 0);
  CHECK(file->read_at(200'000, read).value() == 0);
}

TEST_CASE_FIXTURE(Bench, "files are found, renamed over each other, listed and removed") {
  CHECK(real->open(folder / "none", Files::Open::existing).error().code == ErrorCode::not_found);
  CHECK(real->list(folder / "none").value().empty());
  spit(folder / "a", bytes_of("A"));
  spit(folder / "b", bytes_of("B"));
  REQUIRE(real->replace(folder / "a", folder / "b").ok());
  CHECK(text_of(slurp(folder / "b")) == "A");
  CHECK(real->list(folder.path()).value() == std::vector<std::string>{"b", "key"});
  CHECK(real->remove(folder / "b").ok());
  CHECK(real->remove(folder / "b").ok());
  CHECK(real->make_folder(folder / "sub").ok());
  CHECK(real->make_folder(folder / "sub").ok());
  CHECK(read_whole(*real, folder / "key", 5).error().code == ErrorCode::too_long);
}

TEST_CASE_FIXTURE(Bench, "a lock is held by one and given back") {
  {
    const auto lock = real->lock(folder / "lock");
    REQUIRE(lock.ok());
    CHECK(real->lock(folder / "lock").error().code == ErrorCode::locked);
  }
  CHECK(real->lock(folder / "lock").ok());
}

TEST_CASE("a clock's uptime goes on within a run and begins again with the next") {
  const auto clock = system_clock({1});
  const ClockReading first = clock->read();
  const ClockReading second = clock->read();
  CHECK(second.uptime_ms >= first.uptime_ms);
  CHECK(first.run == ClockRun{1});
  CHECK(first.wall_ms > 1'700'000'000'000);
  clock->begin_run({2});
  CHECK(clock->read().run == ClockRun{2});
  CHECK(clock->read().uptime_ms < 10'000);
}

TEST_CASE_FIXTURE(Bench, "a secret box opens what it sealed, for the same purpose") {
  const Bytes sealed = box->seal(bytes_of("key"), "one").value();
  CHECK(text_of(box->open(sealed, "one").value()) == "key");
  CHECK(box->open(sealed, "two").error().code == ErrorCode::authentication_failed);
  CHECK_FALSE(box->open(Bytes(3), "one").ok());
}

TEST_CASE_FIXTURE(Bench, "an event is one line, whatever its text") {
  {
    const auto sink = std::move(file_event_sink(folder / "events")).value();
    sink->report(Severity::warning, 7, "a\r\nerror 8 b\x1b");
    sink->report(Severity::error, 9, "田中");
  }
  CHECK(std::string(text_of(slurp(folder / "events"))) == "warning 7 a  error 8 b \nerror 9 田中\n");
  CHECK(event_line(std::string(10'000, 'x')).size() == 4096);
}

TEST_CASE_FIXTURE(Bench, "a pipe carries bytes both ways and says who is there") {
  const std::string name = pipe_name(folder, "p");
  const auto server = std::move(serve_pipe({name, "D:(A;;GA;;;SY)(A;;GA;;;BA)"})).value();
  std::string heard;
  std::optional<PipePeer> peer;
  std::thread serving([&] {
    for (int client = 0; client < 2; ++client) {
      Result<std::unique_ptr<PipeConnection>> connection = server->accept(5s);
      if (!connection) return;
      heard = read_text(*connection.value(), 6);
      if (Result<PipePeer> who = connection.value()->peer()) peer = who.value();
      static_cast<void>(connection.value()->write_all(bytes_of("answer"), 5s));
      read_text(*connection.value(), 1);  // until the client closes
    }
  });
  for (int round = 0; round < 2; ++round) {
    Result<std::unique_ptr<PipeConnection>> client = connect_pipe(name, 5s, false);
    REQUIRE(client.ok());
    CHECK(client.value()->write_all(bytes_of("hello\n"), 5s).ok());
    CHECK(read_text(*client.value(), 6) == "answer");
    std::array<std::uint8_t, 1> none{};
    CHECK(client.value()->read_some(none, 20ms).error().code == ErrorCode::timed_out);
  }
  serving.join();
  CHECK(heard == "hello\n");
  REQUIRE(peer.has_value());
  CHECK(peer->process_id != 0);
  CHECK(peer->sid.starts_with("S-1-"));
}

TEST_CASE_FIXTURE(Bench, "a pipe's name is served once, and a waiting server can be stopped") {
  const std::string name = pipe_name(folder, "q");
  CHECK(connect_pipe(name, 10ms, false).error().code == ErrorCode::not_found);
  const auto server = std::move(serve_pipe({name, "D:(A;;GA;;;SY)(A;;GA;;;BA)"})).value();
  CHECK(server->accept(10ms).error().code == ErrorCode::timed_out);
#ifndef _WIN32  // Wine does not hold FILE_FLAG_FIRST_PIPE_INSTANCE
  CHECK(serve_pipe({name, ""}).error().code == ErrorCode::locked);
  CHECK(server->accept(5s).ok());  // the second server's knock at the door
#endif
  std::thread stopping([&] { server->stop(); });
  CHECK(server->accept(5s).error().code == ErrorCode::closed);
  stopping.join();
}
