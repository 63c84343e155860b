// Rehearsals that clients ask for (`logon.rehearse`): provider-test.exe, one per session at a time, from its start to
// its end.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "bridge/event_ids.h"
#include "bridge/rate_limit.h"
#include "core/base/result.h"
#include "platform/event_sink.h"

namespace systemlog::bridge {

/// Why there is no rehearsal: `REHEARSAL_PROBLEMS` of contract/bridge.ts.
namespace rehearsal_problems {
inline constexpr std::string_view no_provider = "no-provider";
inline constexpr std::string_view not_linked = "not-linked";
inline constexpr std::string_view nothing_to_rehearse = "nothing-to-rehearse";
inline constexpr std::string_view running = "rehearsal-running";
inline constexpr std::string_view unsafe_desktop = "unsafe-desktop";
inline constexpr std::string_view cannot_start = "cannot-start";
}  // namespace rehearsal_problems

/// A provider-test.exe that was started.
class OpenRehearsal {
 public:
  OpenRehearsal() = default;
  OpenRehearsal(const OpenRehearsal&) = delete;
  OpenRehearsal& operator=(const OpenRehearsal&) = delete;
  OpenRehearsal(OpenRehearsal&&) = delete;
  OpenRehearsal& operator=(OpenRehearsal&&) = delete;
  virtual ~OpenRehearsal() = default;
  /// Until it has ended. @returns its exit code (provider/rehearsal/main.cpp)
  virtual std::uint32_t wait() noexcept = 0;
  /// Ends it, from any thread.
  virtual void close() noexcept = 0;
};

/// What starts it. Which program that is and with which rights only the system's side of this knows.
class RehearsalHost {
 public:
  virtual ~RehearsalHost() = default;
  /// Whether a window with the system's rights is out of reach of the programs beside it.
  virtual bool keeps_windows_apart() = 0;
  /// @param session_id the system's number of the caller's session
  virtual Result<std::unique_ptr<OpenRehearsal>> open(std::uint32_t session_id, const std::string& sid) = 0;
};

/// Every function may be called from several threads at once, except `stop`. None but `start` waits for the system.
class Rehearsals {
 public:
  /// @param host null: there is nothing to start here
  Rehearsals(RehearsalHost* host, EventSink& events, std::function<std::chrono::milliseconds()> now)
      : host_(host), events_(&events), now_(std::move(now)) {}
  Rehearsals(const Rehearsals&) = delete;
  Rehearsals& operator=(const Rehearsals&) = delete;
  Rehearsals(Rehearsals&&) = delete;
  Rehearsals& operator=(Rehearsals&&) = delete;
  ~Rehearsals() { stop(); }

  /// @returns nothing when it runs now, else the problem
  std::optional<std::string_view> start(std::uint32_t session_id, const std::string& sid);
  /// The session has ended, and with it what runs there.
  void close(std::uint32_t session_id);
  /// Ends them all; not while `start` runs.
  void stop();

 private:
  struct Running {
    /// None while it is being started.
    std::unique_ptr<OpenRehearsal> program;
    bool closed = false;
    bool over = false;
    std::thread watch;
  };

  std::optional<std::string_view> take_place(std::uint32_t session_id);
  void reap();
  void watch(std::uint32_t session_id, Running& running);

  RehearsalHost* host_;
  EventSink* events_;
  std::function<std::chrono::milliseconds()> now_;
  std::mutex mutex_;
  std::map<std::uint32_t, std::unique_ptr<Running>> running_;
  /// Of each session, so that nobody uses up another's.
  std::map<std::uint32_t, RateLimit> starts_;
};

}  // namespace systemlog::bridge
