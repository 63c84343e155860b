#include "bridge/patient_pipe.h"

#include <algorithm>
#include <utility>

namespace systemlog::bridge {

using std::chrono::milliseconds;

PatientPipe::PatientPipe(PipeAddress address, milliseconds retry, Told told)
    : address_(std::move(address)), retry_(retry), told_(std::move(told)) {
  open();
  if (const std::optional<Error> problem = this->problem()) told_(problem);
}

std::optional<Error> PatientPipe::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

void PatientPipe::open() {
  Result<std::unique_ptr<PipeServer>> opened = serve_pipe(address_);
  const std::lock_guard lock(mutex_);
  if (opened) {
    server_ = std::move(opened).value();
    problem_.reset();
    if (stopped_) server_->stop();
  } else {
    problem_ = opened.error();
  }
}

PipeServer* PatientPipe::server() {
  const std::lock_guard lock(mutex_);
  return server_.get();
}

/// False when it is to stop.
bool PatientPipe::wait_for_next_try(milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return !stops_.wait_for(lock, std::min(retry_, timeout), [this] { return stopped_; });
}

Result<std::unique_ptr<PipeConnection>> PatientPipe::accept(milliseconds timeout) noexcept {
  if (server() == nullptr) {
    if (!wait_for_next_try(timeout)) return Error{ErrorCode::closed, "pipe stopped"};
    open();
    if (server() == nullptr) return Error{ErrorCode::timed_out, "pipe name"};
    told_(std::nullopt);
  }
  return server()->accept(timeout);
}

void PatientPipe::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    if (server_) server_->stop();
  }
  stops_.notify_all();
}

}  // namespace systemlog::bridge
