// What a tile asks the bridge: at once as far as it answers in time, and the rest by the timer.
#include "provider/windows/busy.h"
#include "provider/windows/tile.h"

namespace systemlog::provider {
namespace {

using std::chrono::milliseconds;

/// Between the questions of a chain that goes on by the timer.
constexpr milliseconds quick_look{50};

}  // namespace

std::shared_ptr<Pending> Tile::put(const Ask& ask) {
  const auto* account = std::get_if<auth::AccountQuestion>(&ask.request);
  if (ask.locally && account != nullptr) return screen_->line->begin_local_lookup(account->name);
  return screen_->line->begin(ask.request);
}

Step Tile::carry_out(Step step, milliseconds limit) {
  const std::uint64_t deadline = now().tick_ms + static_cast<std::uint64_t>(limit.count());
  while (auto* ask = std::get_if<Ask>(&step)) {
    const std::shared_ptr<Pending> pending = put(*ask);
    wipe_codes(ask->request);
    const std::uint64_t tick = now().tick_ms;
    if (!pending->wait(milliseconds(deadline > tick ? deadline - tick : 0))) pending->drop();
    step = machine_.replied(pending->take(), now());
  }
  return step;
}

void Tile::look(Step step, milliseconds patience) {
  while (const auto* ask = std::get_if<Ask>(&step)) {
    looking_ = put(*ask);
    looking_since_ms_ = now().tick_ms;
    if (!looking_->wait(patience)) {
      machine_.kept_waiting(now());
      break;
    }
    step = machine_.replied(std::exchange(looking_, nullptr)->take(), now());
  }
  go_on_looking();
}

void Tile::go_on_looking() {
  if (looking_ || machine_.wants_polling()) timer_.start(screen_->pace.poll, [this] { tick(); });
}

void Tile::tick() {
  if (busy_) return;
  const Busy busy(busy_);
  // LogonUI may let go of us from within what we tell it.
  const ComPtr<Tile> alive(this);
  if (looking_) {
    const bool in_time = now().tick_ms - looking_since_ms_ < static_cast<std::uint64_t>(screen_->pace.call.count());
    if (!looking_->wait(milliseconds(0)) && in_time) {
      machine_.kept_waiting(now());
      refresh();
      return;
    }
    const std::shared_ptr<Pending> answered = std::exchange(looking_, nullptr);
    answered->drop();
    look(machine_.replied(answered->take(), now()), quick_look);
  } else if (machine_.wants_polling()) {
    look(machine_.polled(now()), quick_look);
  } else {
    timer_.stop();
  }
  refresh();
}

void Tile::stop_looking() {
  timer_.stop();
  if (looking_) std::exchange(looking_, nullptr)->drop();
}

}  // namespace systemlog::provider
