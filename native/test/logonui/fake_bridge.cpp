#include "test/logonui/fake_bridge.h"

#include <array>
#include <optional>

namespace systemlog::logonui {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds slice{20};
constexpr milliseconds patience{5000};

/// Everybody: Wine does not enforce it anyway.
constexpr const char* sddl = "D:(A;;GA;;;WD)";

}  // namespace

FakeBridge::FakeBridge(const std::string& pipe_name, Answer answer) : answer_(std::move(answer)) {
  Result<std::unique_ptr<PipeServer>> server = serve_pipe({pipe_name, sddl});
  if (!server) std::abort();
  server_ = std::move(server).value();
  listener_ = std::thread([this] { listen(); });
}

FakeBridge::~FakeBridge() {
  stopped_ = true;
  server_->stop();
  listener_.join();
  for (std::thread& client : clients_) client.join();
}

void FakeBridge::listen() {
  while (!stopped_) {
    Result<std::unique_ptr<PipeConnection>> connection = server_->accept(milliseconds(1000));
    if (!connection) continue;
    clients_.emplace_back(
        [this, client = std::shared_ptr<PipeConnection>(std::move(connection).value())] { serve(*client); });
  }
}

void FakeBridge::serve(PipeConnection& connection) {
  const Result<PipePeer> peer = connection.peer();
  bool is_presence = false;
  while (!stopped_) {
    SecretBytes frame;
    std::size_t wanted = auth::head_bytes;
    Result<auth::Head> head = Error{ErrorCode::closed, "no head"};
    bool closed = false;
    while (frame.size() < wanted && !stopped_ && !closed) {
      std::array<std::uint8_t, 4096> part{};
      const Result<std::size_t> got = connection.read_some(std::span(part).first(wanted - frame.size()), slice);
      closed = got ? got.value() == 0 : got.error().code != ErrorCode::timed_out;
      if (got) frame.insert(frame.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(got.value()));
      if (frame.size() != auth::head_bytes || wanted != auth::head_bytes) continue;
      head = auth::read_head(frame);
      if (!head) closed = true;
      if (head) wanted += head.value().length;
    }
    if (closed || stopped_ || !head) break;
    const Result<auth::Request> request = auth::read_request(head.value(), ByteView(frame).subspan(auth::head_bytes));
    if (!request) break;
    if (std::holds_alternative<auth::Presence>(request.value())) {
      if (!is_presence) ++presences_;
      is_presence = true;
      static_cast<void>(connection.write_all(auth::write_frame(auth::Response(auth::PresenceNoted{})), patience));
      continue;
    }
    if (!answer(connection, request.value(), peer ? peer.value() : PipePeer{})) break;
  }
  if (is_presence) --presences_;
}

bool FakeBridge::answer(PipeConnection& connection, const auth::Request& request, const PipePeer& peer) {
  ++questions_;
  const Fault fault = fault_;
  if (fault == Fault::slow) wait_for_release();
  if (fault != Fault::none && fault != Fault::dribbles && fault != Fault::slow) {
    misbehave(connection, fault);
    return false;
  }
  SecretBytes frame;
  {
    const std::lock_guard lock(one_answer_at_a_time_);
    frame = auth::write_frame(answer_(request, peer));
  }
  if (fault != Fault::dribbles) return connection.write_all(frame, patience).ok();
  for (std::size_t i = 0; i < frame.size(); ++i) {
    if (!connection.write_all(ByteView(frame).subspan(i, 1), patience)) return false;
  }
  return true;
}

void FakeBridge::wait_for_release() {
  while (!released_ && !stopped_) std::this_thread::sleep_for(slice);
}

void FakeBridge::misbehave(PipeConnection& connection, Fault fault) {
  SecretBytes frame = auth::write_frame(auth::Response(auth::FilterAnswer{.hide_others = true}));
  switch (fault) {
    case Fault::hangs:
      wait_for_release();
      return;
    case Fault::dies_mid_answer:
      frame.resize(frame.size() - 1);
      break;
    case Fault::garbage:
      for (std::size_t i = 0; i < frame.size(); ++i) frame[i] = static_cast<std::uint8_t>(i * 37);
      break;
    case Fault::oversized:
      frame[8] = frame[9] = frame[10] = 0xFF;
      frame[11] = 0x7F;
      break;
    case Fault::other_protocol:
      frame[4] = 2;
      break;
    case Fault::wrong_answer:
      frame = auth::write_frame(auth::Response(auth::PresenceNoted{}));
      break;
    case Fault::closes_at_once:
    case Fault::none:
    case Fault::dribbles:
    case Fault::slow:
      return;
  }
  static_cast<void>(connection.write_all(frame, patience));
}

}  // namespace systemlog::logonui
