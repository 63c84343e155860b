// The event log.
// clang-format off
#include <windows.h>
// clang-format on

#include <array>
#include <mutex>

#include "platform/file_event_sink.h"
#include "platform/windows/handle.h"
#include "platform/windows/text.h"
#include "platform/windows/windows_platform.h"

namespace systemlog::windows {
namespace {

class EventLogSink final : public EventSink {
 public:
  explicit EventLogSink(std::wstring source) noexcept : name_(std::move(source)) {}
  EventLogSink(const EventLogSink&) = delete;
  EventLogSink& operator=(const EventLogSink&) = delete;
  EventLogSink(EventLogSink&&) = delete;
  EventLogSink& operator=(EventLogSink&&) = delete;
  ~EventLogSink() override {
    if (source_ != nullptr) DeregisterEventSource(source_);
  }

  void report(Severity severity, std::uint32_t event_id, std::string_view text) noexcept override {
    WORD type = EVENTLOG_INFORMATION_TYPE;
    if (severity == Severity::warning) type = EVENTLOG_WARNING_TYPE;
    if (severity == Severity::error) type = EVENTLOG_ERROR_TYPE;
    const std::wstring line = wide(event_line(text));
    std::array<const wchar_t*, 1> lines = {line.c_str()};
    const std::lock_guard lock(mutex_);
    // Registered at the first word, and anew until it works: at a boot we may be earlier than the event log.
    if (source_ == nullptr) source_ = RegisterEventSourceW(nullptr, name_.c_str());
    if (source_ != nullptr) ReportEventW(source_, type, 0, event_id, nullptr, 1, 0, lines.data(), nullptr);
  }

 private:
  std::wstring name_;
  std::mutex mutex_;
  HANDLE source_ = nullptr;
};

}  // namespace

std::unique_ptr<EventSink> event_log_sink(const std::string& source) {
  return std::make_unique<EventLogSink>(wide(source));
}

}  // namespace systemlog::windows
