// The event log and session changes.
// clang-format off
#include <windows.h>
#include <wtsapi32.h>
// clang-format on

#include <array>

#include "platform/file_event_sink.h"
#include "platform/windows/handle.h"
#include "platform/windows/text.h"
#include "platform/windows/windows_platform.h"

namespace systemlog::windows {
namespace {

class EventLogSink final : public EventSink {
 public:
  explicit EventLogSink(HANDLE source) noexcept : source_(source) {}
  EventLogSink(const EventLogSink&) = delete;
  EventLogSink& operator=(const EventLogSink&) = delete;
  EventLogSink(EventLogSink&&) = delete;
  EventLogSink& operator=(EventLogSink&&) = delete;
  ~EventLogSink() override { DeregisterEventSource(source_); }

  void report(Severity severity, std::uint32_t event_id, std::string_view text) noexcept override {
    WORD type = EVENTLOG_INFORMATION_TYPE;
    if (severity == Severity::warning) type = EVENTLOG_WARNING_TYPE;
    if (severity == Severity::error) type = EVENTLOG_ERROR_TYPE;
    const std::wstring line = wide(event_line(text));
    std::array<const wchar_t*, 1> lines = {line.c_str()};
    ReportEventW(source_, type, 0, event_id, nullptr, 1, 0, lines.data(), nullptr);
  }

 private:
  HANDLE source_;
};

}  // namespace

Result<std::unique_ptr<EventSink>> event_log_sink(const std::string& source) {
  const HANDLE handle = RegisterEventSourceW(nullptr, wide(source).c_str());
  if (handle == nullptr) return failure("RegisterEventSource");
  return std::unique_ptr<EventSink>(std::make_unique<EventLogSink>(handle));
}

void deliver_session_change(SessionListener& listener, unsigned long event_type, const void* event_data) noexcept {
  const std::optional<SessionChange> change = session_change_of(event_type);
  if (!change || event_data == nullptr) return;
  const auto* notification = static_cast<const WTSSESSION_NOTIFICATION*>(event_data);
  if (notification->cbSize < sizeof(WTSSESSION_NOTIFICATION)) return;
  listener.on_session_change(*change, notification->dwSessionId);
}

}  // namespace systemlog::windows
