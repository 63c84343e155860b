#include "bridge/windows/event_log.h"

// clang-format off
#include <windows.h>
#include <winevt.h>
// clang-format on

#include <array>
#include <chrono>
#include <cstdio>

#include "core/contract_json.h"
#include "platform/windows/text.h"

namespace systemlog::bridge::windows {
namespace {

class EventHandle {
 public:
  explicit EventHandle(EVT_HANDLE handle) noexcept : handle_(handle) {}
  EventHandle(const EventHandle&) = delete;
  EventHandle& operator=(const EventHandle&) = delete;
  EventHandle(EventHandle&&) = delete;
  EventHandle& operator=(EventHandle&&) = delete;
  ~EventHandle() {
    if (handle_ != nullptr) EvtClose(handle_);
  }
  EVT_HANDLE get() const noexcept { return handle_; }
  explicit operator bool() const noexcept { return handle_ != nullptr; }

 private:
  EVT_HANDLE handle_;
};

}  // namespace

std::string event_xml(void* event) {
  DWORD used = 0;
  DWORD properties = 0;
  EvtRender(nullptr, event, EvtRenderEventXml, 0, nullptr, &used, &properties);
  if (used == 0) return {};
  std::wstring xml(used / sizeof(wchar_t) + 1, L'\0');
  if (EvtRender(nullptr, event, EvtRenderEventXml, static_cast<DWORD>(xml.size() * sizeof(wchar_t)), xml.data(),
                &used, &properties) == 0) {
    return {};
  }
  return systemlog::windows::narrow(xml.c_str());
}

std::vector<std::string> system_log_events(const std::wstring& query, std::size_t most) {
  std::vector<std::string> events;
  const EventHandle found(
      EvtQuery(nullptr, L"System", query.c_str(), EvtQueryChannelPath | EvtQueryReverseDirection));
  if (!found) return events;
  while (events.size() < most) {
    EVT_HANDLE next = nullptr;
    DWORD count = 0;
    if (EvtNext(found.get(), 1, &next, 1'000, 0, &count) == 0 || count == 0) break;
    const EventHandle event(next);
    events.push_back(event_xml(event.get()));
  }
  return events;
}

std::optional<std::string> between(const std::string& text, const std::string& before, const std::string& after) {
  const std::size_t start = text.find(before);
  if (start == std::string::npos) return std::nullopt;
  const std::size_t from = start + before.size();
  const std::size_t end = text.find(after, from);
  if (end == std::string::npos) return std::nullopt;
  return text.substr(from, end - from);
}

std::optional<std::int64_t> event_wall_ms(const std::string& xml) {
  const std::optional<std::string> time = between(xml, "SystemTime='", "'");
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hours = 0;
  int minutes = 0;
  int seconds = 0;
  if (!time ||
      std::sscanf(time->c_str(), "%4d-%2u-%2uT%2d:%2d:%2d", &year, &month, &day, &hours, &minutes, &seconds) != 6) {
    return std::nullopt;
  }
  const std::chrono::sys_days date = std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day};
  return std::int64_t{date.time_since_epoch().count()} * 86'400'000 + hours * 3'600'000 + minutes * 60'000 +
         seconds * 1000;
}

std::wstring query_time(std::int64_t wall_ms) {
  return systemlog::windows::wide(instant_text(wall_ms));
}

}  // namespace systemlog::bridge::windows
