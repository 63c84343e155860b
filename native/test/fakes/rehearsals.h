#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "bridge/rehearsals.h"

namespace systemlog::test {

/// Rehearsals that run until they are ended, by a test or by the bridge. May be used from several threads at once.
class FakeRehearsalHost final : public bridge::RehearsalHost {
 public:
  /// As they were asked for.
  std::vector<std::pair<std::uint32_t, std::string>> opened() {
    const std::lock_guard lock(state_->mutex);
    return state_->opened;
  }
  void set_apart(bool apart) {
    const std::lock_guard lock(state_->mutex);
    state_->apart = apart;
  }
  void fail_with(ErrorCode code) {
    const std::lock_guard lock(state_->mutex);
    state_->fails = true;
    state_->failure = code;
  }
  /// The program ends by itself.
  void end(std::uint32_t session_id, std::uint32_t code) { state_->end(session_id, code); }
  std::size_t running() {
    const std::lock_guard lock(state_->mutex);
    std::size_t count = 0;
    for (const auto& [session, program] : state_->programs) {
      if (!program->over) ++count;
    }
    return count;
  }

  bool keeps_windows_apart() override {
    const std::lock_guard lock(state_->mutex);
    return state_->apart;
  }
  Result<std::unique_ptr<bridge::OpenRehearsal>> open(std::uint32_t session_id, const std::string& sid) override {
    const std::lock_guard lock(state_->mutex);
    if (state_->fails) return Error{state_->failure, "told to"};
    state_->opened.emplace_back(session_id, sid);
    auto program = std::make_shared<Program>();
    state_->programs[session_id] = program;
    return std::unique_ptr<bridge::OpenRehearsal>(std::make_unique<One>(state_, session_id, std::move(program)));
  }

 private:
  struct Program {
    bool over = false;
    std::uint32_t code = 0;
  };
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::pair<std::uint32_t, std::string>> opened;
    std::map<std::uint32_t, std::shared_ptr<Program>> programs;
    bool apart = true;
    bool fails = false;
    ErrorCode failure = ErrorCode::io_failed;

    void end(std::uint32_t session_id, std::uint32_t code) {
      const std::lock_guard lock(mutex);
      const auto program = programs.find(session_id);
      if (program == programs.end()) return;
      program->second->over = true;
      program->second->code = code;
      changed.notify_all();
    }
  };
  class One final : public bridge::OpenRehearsal {
   public:
    One(std::shared_ptr<State> state, std::uint32_t session_id, std::shared_ptr<Program> program)
        : state_(std::move(state)), session_id_(session_id), program_(std::move(program)) {}
    std::uint32_t wait() noexcept override {
      std::unique_lock lock(state_->mutex);
      state_->changed.wait(lock, [this] { return program_->over; });
      return program_->code;
    }
    void close() noexcept override { state_->end(session_id_, 9); }

   private:
    std::shared_ptr<State> state_;
    std::uint32_t session_id_;
    std::shared_ptr<Program> program_;
  };

  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace systemlog::test
