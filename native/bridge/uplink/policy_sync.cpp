#include "bridge/uplink/policy_sync.h"

#include <algorithm>

namespace systemlog::bridge {

PolicySync::PolicySync(PolicyHolder& desk, Random& random, const PolicyDelays& delays) noexcept
    : desk_(&desk), delays_(delays), backoff_(random, delays.retry_first, delays.retry_longest) {}

void PolicySync::begin(Moment now) {
  due_ = now + delays_.first;
}

void PolicySync::changed(Moment now) {
  paused_ = false;
  due_ = std::min(due_, now + delays_.report);
}

std::uint64_t PolicySync::ask(Moment now) {
  network_up(now);
  return ++asks_;
}

void PolicySync::network_up(Moment now) {
  paused_ = false;
  backoff_.succeeded();
  report_due_ = Moment{0};
  due_ = std::min(due_, now);
}

void PolicySync::pause() noexcept {
  paused_ = true;
  covers_ = asks_;
  end_round();
  due_ = never;
}

Moment PolicySync::due() const noexcept {
  if (paused_) return never;
  return in_round_ ? Moment{0} : due_;
}

std::optional<PolicyTask> PolicySync::next(Moment now) {
  if (now < due()) return std::nullopt;
  if (!in_round_) {
    in_round_ = true;
    due_ = never;
    problem_.clear();
    if (asks_ > answered_asks_) {
      policy_due_ = Moment{0};
      secrets_due_.clear();
    }
    covers_ = asks_;
  }
  std::string report = desk_->report();
  if (now >= report_due_ && told_ != report) return PolicyTask{PolicyTask::Kind::report, std::move(report)};
  if (now >= policy_due_) return PolicyTask{PolicyTask::Kind::policy, desk_->policy_version()};
  if (std::optional<std::string> sid = secret_to_fetch(now)) {
    return PolicyTask{PolicyTask::Kind::secret, std::move(*sid)};
  }
  if (problem_.empty()) backoff_.succeeded();
  settle_next();
  end_round();
  return std::nullopt;
}

void PolicySync::answered(const PolicyTask& task, const Answer<std::string>& answer, Moment now) {
  if (!answer) return task_failed(task, answer.error(), now);
  if (Result<void> taken = take(task, answer.value(), now); !taken) {
    ServerProblem problem = local_problem(taken.error());
    // The desk takes whatever has the form of the contract.
    if (taken.error().code == ErrorCode::malformed) problem.code = "unreadable-answer";
    task_failed(task, problem, now);
  }
}

Result<void> PolicySync::take(const PolicyTask& task, const std::string& text, Moment now) {
  switch (task.kind) {
    case PolicyTask::Kind::report:
      told_ = task.argument;
      if (text != desk_->policy_version()) policy_due_ = Moment{0};
      return {};
    case PolicyTask::Kind::policy: {
      const Result<bool> changed = desk_->take_policy(text);
      if (!changed) return changed.error();
      policy_due_ = now + delays_.refresh;
      if (changed.value()) secrets_due_.clear();
      return {};
    }
    case PolicyTask::Kind::secret:
      // Not asked for twice in a round, whatever the desk makes of it.
      secrets_due_[task.argument] = now + delays_.refused_secret;
      return desk_->take_secret(task.argument, text);
  }
  return {};
}

void PolicySync::task_failed(const PolicyTask& task, const ServerProblem& problem, Moment now) {
  if (problem.transport) return failed(problem, now);
  // The server spoke: this task waits, the others go on.
  const bool final_for_secret = task.kind == PolicyTask::Kind::secret && !problem.retry_after &&
                                problem.code != "internal-error" && problem.code != "unavailable";
  if (!final_for_secret || problem.local) problem_ = problem.code;
  put_off(task, now + (final_for_secret ? delays_.refused_secret : backoff_.failed(problem.retry_after)));
}

void PolicySync::put_off(const PolicyTask& task, Moment until) {
  switch (task.kind) {
    case PolicyTask::Kind::report:
      report_due_ = until;
      return;
    case PolicyTask::Kind::policy:
      policy_due_ = until;
      return;
    case PolicyTask::Kind::secret:
      secrets_due_[task.argument] = until;
      return;
  }
}

void PolicySync::failed(const ServerProblem& problem, Moment now) {
  problem_ = problem.code;
  // A wish made during the round may be sooner; the one this round was for is not.
  if (!in_round_) {
    due_ = never;
    covers_ = asks_;
  }
  due_ = std::min(due_, now + backoff_.failed(problem.retry_after));
  end_round();
}

void PolicySync::end_round() {
  in_round_ = false;
  answered_asks_ = covers_;
  ++rounds_;
  // Asked for while the round was under way: the next one begins at once.
  if (asks_ > answered_asks_) due_ = Moment{0};
}

/// When there is something to do again after a round in which all was seen to.
void PolicySync::settle_next() {
  Moment next = policy_due_;
  if (told_ != desk_->report()) next = std::min(next, report_due_);
  for (const SecretDue& due : desk_->secrets_due()) {
    const auto waits = secrets_due_.find(due.sid);
    if (due.enrolled_here && waits != secrets_due_.end()) next = std::min(next, waits->second);
  }
  due_ = std::min(due_, next);
}

std::optional<std::string> PolicySync::secret_to_fetch(Moment now) const {
  for (const SecretDue& due : desk_->secrets_due()) {
    const auto waits = secrets_due_.find(due.sid);
    if (due.enrolled_here && (waits == secrets_due_.end() || waits->second <= now)) return due.sid;
  }
  return std::nullopt;
}

}  // namespace systemlog::bridge
