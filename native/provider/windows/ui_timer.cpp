#include "provider/windows/ui_timer.h"

#include "provider/windows/com_object.h"

namespace systemlog::provider {

void UiTimer::start(std::chrono::milliseconds interval, std::function<void()> tick) {
  if (window_ != nullptr) return;
  tick_ = std::move(tick);
  window_ = CreateWindowExW(0, L"STATIC", nullptr, 0, 0, 0, 0, 0, HWND_MESSAGE, nullptr, nullptr, nullptr);
  if (window_ == nullptr) return;
  if (SetTimer(window_, reinterpret_cast<UINT_PTR>(this), static_cast<UINT>(interval.count()), &fired) == 0) stop();
}

void UiTimer::stop() noexcept {
  if (window_ == nullptr) return;
  KillTimer(window_, reinterpret_cast<UINT_PTR>(this));
  DestroyWindow(window_);
  window_ = nullptr;
}

void UiTimer::fired(HWND /*window*/, UINT /*message*/, UINT_PTR self, DWORD /*tick*/) noexcept {
  guarded([self] {
    // A copy: what it calls may stop the timer.
    const std::function<void()> tick = reinterpret_cast<UiTimer*>(self)->tick_;
    if (tick) tick();
    return S_OK;
  });
}

}  // namespace systemlog::provider
