// A bridge on a pipe of its own: answers as a test scripts it, or misbehaves.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/auth_frames.h"
#include "platform/pipe.h"

namespace systemlog::logonui {

/// What a bridge does instead of answering.
enum class Fault : std::uint8_t {
  none,
  /// Takes the question and says nothing, until `release`.
  hangs,
  closes_at_once,
  dies_mid_answer,
  garbage,
  oversized,
  other_protocol,
  /// An answer, but to another question.
  wrong_answer,
  /// Answers in single bytes.
  dribbles,
  /// Answers, but not before `release`.
  slow,
};

class FakeBridge {
 public:
  using Answer = std::function<auth::Response(const auth::Request&, const PipePeer&)>;

  FakeBridge(const std::string& pipe_name, Answer answer);
  FakeBridge(const FakeBridge&) = delete;
  FakeBridge& operator=(const FakeBridge&) = delete;
  FakeBridge(FakeBridge&&) = delete;
  FakeBridge& operator=(FakeBridge&&) = delete;
  ~FakeBridge();

  /// From the next question on. Presence is always answered.
  void misbehave(Fault fault) noexcept { fault_ = fault; }
  /// Lets go of the questions it hangs on: their connections close.
  void release() noexcept { released_ = true; }
  /// Held by processes that have the DLL loaded.
  int presences() const noexcept { return presences_; }
  int questions() const noexcept { return questions_; }

 private:
  void listen();
  void serve(PipeConnection& connection);
  bool answer(PipeConnection& connection, const auth::Request& request, const PipePeer& peer);
  void misbehave(PipeConnection& connection, Fault fault);
  void wait_for_release();

  Answer answer_;
  std::unique_ptr<PipeServer> server_;
  std::atomic<Fault> fault_ = Fault::none;
  std::atomic<bool> released_ = false;
  std::atomic<bool> stopped_ = false;
  std::atomic<int> presences_ = 0;
  std::atomic<int> questions_ = 0;
  std::mutex one_answer_at_a_time_;
  std::vector<std::thread> clients_;
  std::thread listener_;
};

}  // namespace systemlog::logonui
