#include "bridge/uplink/uplink.h"

#include <algorithm>

namespace systemlog::bridge {

Moment Uplink::due() {
  const std::lock_guard lock(parts_.core);
  return due_locked();
}

Moment Uplink::due_locked() const {
  const Moment policy = parts_.policy != nullptr ? parts_.policy->due() : never;
  return std::min(parts_.reporter.due(), policy);
}

Moment Uplink::step() {
  const Moment now = parts_.now();
  bool events = false;
  bool policy = false;
  bool registered = false;
  {
    const std::lock_guard lock(parts_.core);
    events = parts_.reporter.due() <= now;
    policy = parts_.policy != nullptr && parts_.policy->due() <= now;
    registered = parts_.registration.state().has_value();
  }
  if (events || policy) {
    if (!registered) {
      register_device();
    } else if (events && !(policy && policy_next_)) {
      policy_next_ = true;
      report_events();
    } else {
      policy_next_ = false;
      keep_policy();
    }
  }
  return due();
}

void Uplink::register_device() {
  const Answer<Registered> answer = parts_.connection.register_device(parts_.registering, parts_.identity.secret);
  const Moment now = parts_.now();
  const std::lock_guard lock(parts_.core);
  if (answer) {
    // Not on the disk is no harm: the next start registers once more.
    static_cast<void>(parts_.registration.registered());
    return;
  }
  if (parts_.reporter.due() <= now) parts_.reporter.failed(answer.error(), now);
  if (parts_.policy != nullptr && parts_.policy->due() <= now) parts_.policy->failed(answer.error(), now);
}

void Uplink::report_events() {
  std::optional<Reporter::Batch> batch;
  {
    const std::lock_guard lock(parts_.core);
    batch = parts_.reporter.next(parts_.now());
  }
  if (!batch) return;
  const Answer<UploadAnswer> answer =
      parts_.connection.upload(batch->records, [this](const std::string& nonce) { return anchor_for(nonce); });
  const std::lock_guard lock(parts_.core);
  if (!answer) heed(answer.error());
  parts_.reporter.answered(*batch, answer, parts_.now());
}

void Uplink::keep_policy() {
  std::optional<PolicyTask> task;
  {
    const std::lock_guard lock(parts_.core);
    task = parts_.policy->next(parts_.now());
  }
  if (!task) return;
  const Answer<std::string> answer = perform(*task);
  const std::lock_guard lock(parts_.core);
  if (!answer) heed(answer.error());
  parts_.policy->answered(*task, answer, parts_.now());
}

Answer<std::string> Uplink::perform(const PolicyTask& task) {
  switch (task.kind) {
    case PolicyTask::Kind::report:
      return parts_.connection.logon_report(task.argument);
    case PolicyTask::Kind::policy:
      return parts_.connection.policy(task.argument);
    case PolicyTask::Kind::secret:
      return parts_.connection.otp_secret(task.argument, std::nullopt);
  }
  return local_problem({ErrorCode::invalid_argument, "policy task"});
}

std::optional<std::string> Uplink::fetch_secret(const std::string& sid, const std::optional<std::string>& code) {
  {
    const std::lock_guard lock(parts_.core);
    if (parts_.desk == nullptr) return "algorithm-unsupported";
    if (!parts_.registration.state()) return "unknown-device";
  }
  const Answer<std::string> answer = parts_.connection.otp_secret(sid, code);
  if (!answer) {
    const std::lock_guard lock(parts_.core);
    heed(answer.error());
    // A fault of this side or of the answer is nothing its owner can mend: as good as no answer.
    const bool said = answer.error().reached() && answer.error().code != "unreadable-answer";
    return said ? answer.error().code : "unreachable";
  }
  if (!take_released(sid, answer.value())) return "unreachable";
  const Moment now = parts_.now();
  const std::lock_guard lock(parts_.core);
  if (parts_.policy != nullptr) parts_.policy->changed(now);
  return std::nullopt;
}

Result<void> Uplink::take_released(const std::string& sid, const std::string& secret) {
  std::string version;
  {
    const std::lock_guard lock(parts_.core);
    Result<void> taken = parts_.desk->take_secret(sid, secret);
    if (taken || taken.error().code != ErrorCode::not_found) return taken;
    version = parts_.desk->policy_version();
  }
  // The policy here is older than the enrolment. The code is used up, so the secret must not be lost for that.
  const Answer<std::string> policy = parts_.connection.policy(version);
  if (!policy) return Error{ErrorCode::not_found, policy.error().code};
  const std::lock_guard lock(parts_.core);
  const Result<bool> changed = parts_.desk->take_policy(policy.value());
  if (!changed) return changed.error();
  return parts_.desk->take_secret(sid, secret);
}

Result<Uplink::TicketAndAnchor> Uplink::ticket(const std::string& sid, const std::string& nonce) {
  std::optional<Registration::State> registration;
  {
    const std::lock_guard lock(parts_.core);
    registration = parts_.registration.state();
  }
  if (!registration) return Error{ErrorCode::refused, "the server does not know this device yet"};
  Result<SignedStatement> ticket =
      sign_ticket(*parts_.identity.key, {registration->server, registration->company, sid, nonce});
  if (!ticket) return ticket.error();
  Result<SignedStatement> anchor = anchor_for(nonce);
  if (!anchor) return anchor.error();
  return TicketAndAnchor{std::move(ticket).value(), std::move(anchor).value()};
}

Result<SignedStatement> Uplink::anchor_for(const std::string& nonce) {
  Anchor anchor{parts_.connection.server().text, nonce, {}, {}};
  {
    const std::lock_guard lock(parts_.core);
    anchor.clock = parts_.clock.read();
    anchor.journal = {parts_.journal.id(), parts_.journal.head_sequence(), parts_.journal.head_mac()};
  }
  return sign_anchor(*parts_.identity.key, anchor);
}

void Uplink::heed(const ServerProblem& problem) {
  if (problem.code == "unknown-device") parts_.registration.forget();
}

}  // namespace systemlog::bridge
