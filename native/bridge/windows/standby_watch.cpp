#include "bridge/windows/standby_watch.h"

// clang-format off
#include <windows.h>
#include <winevt.h>
// clang-format on

#include "bridge/windows/event_log.h"

namespace systemlog::bridge::windows {
namespace {

constexpr wchar_t query[] =
    L"*[System[Provider[@Name='Microsoft-Windows-Kernel-Power'] and (EventID=506 or EventID=507)]]";

DWORD WINAPI on_event(EVT_SUBSCRIBE_NOTIFY_ACTION action, void* context, EVT_HANDLE event) {
  if (action != EvtSubscribeActionDeliver) return NO_ERROR;
  const std::string xml = event_xml(event);
  const bool entered = xml.find(">506</EventID>") != std::string::npos;
  (*static_cast<StandbyWatch::Told*>(context))(entered);
  return NO_ERROR;
}

}  // namespace

StandbyWatch::StandbyWatch(Told told)
    : told_(std::make_unique<Told>(std::move(told))),
      subscription_(EvtSubscribe(nullptr, nullptr, L"System", static_cast<const wchar_t*>(query), nullptr,
                                 told_.get(), on_event, EvtSubscribeToFutureEvents)) {}

StandbyWatch::~StandbyWatch() {
  if (subscription_ != nullptr) EvtClose(subscription_);
}

}  // namespace systemlog::bridge::windows
