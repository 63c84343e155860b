// Keeps what the logon screen goes by in step with the server: reports, policy, OTP secrets.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "bridge/uplink/answers.h"
#include "bridge/uplink/policy_holder.h"
#include "bridge/uplink/schedule.h"
#include "platform/random.h"

namespace systemlog::bridge {

struct PolicyDelays {
  /// Before the first round, counted from `begin`.
  Moment first{0};
  /// How old the policy may become before it is asked for again.
  Moment refresh{5 * 60'000};
  /// After a sign-in or a wrong code, so that several are told at once.
  Moment report{1'000};
  Moment retry_first{2'000};
  Moment retry_longest{5 * 60'000};
  /// A secret the server did not give is asked for again after this, or with the next policy.
  Moment refused_secret{30 * 60'000};
};

/// What is to be asked of the server next.
struct PolicyTask {
  enum class Kind : std::uint8_t { report, policy, secret };
  Kind kind = Kind::policy;
  /// `report`: the text to send. `policy`: the version in force. `secret`: the SID.
  std::string argument;
};

/// Decides; the network is somebody else's (`Uplink`). Not to be used from two threads at once: whoever holds the
/// desk holds this. A report is never lost: the desk keeps it, and it is sent until an answer came for that very
/// text.
class PolicySync {
 public:
  PolicySync(PolicyHolder& desk, Random& random, const PolicyDelays& delays = {}) noexcept;

  /// The program that uses it has begun; without it the first round is due at once.
  void begin(Moment now);
  /// Something happened at the logon screen: there may be a report.
  void changed(Moment now);
  /// The whole round, report, policy and secrets, in one that begins from now on.
  /// @returns a number for `done`
  std::uint64_t ask(Moment now);
  bool done(std::uint64_t asked) const noexcept { return answered_asks_ >= asked; }
  /// The network came back.
  void network_up(Moment now);
  /// The PC goes to sleep: nothing is asked until `changed`, `ask` or `network_up`.
  void pause() noexcept;

  /// When `next` should be asked; `never` while paused.
  Moment due() const noexcept;
  /// The next step; none when there is nothing to do yet. `answered` must follow before it is asked again.
  std::optional<PolicyTask> next(Moment now);

  /// Takes what came of a task.
  /// @param answer `report`: the policy version of the answer; else the JSON text
  void answered(const PolicyTask& task, const Answer<std::string>& answer, Moment now);
  /// The round cannot go on, as when the device could not be registered.
  void failed(const ServerProblem& problem, Moment now);

  /// Code of what stood in the way of the last round; empty when nothing did.
  const std::string& problem() const noexcept { return problem_; }
  /// Rounds ended so far, for those who wait for one.
  std::uint64_t rounds() const noexcept { return rounds_; }

 private:
  std::optional<std::string> secret_to_fetch(Moment now) const;
  void task_failed(const PolicyTask& task, const ServerProblem& problem, Moment now);
  /// Puts a task off without ending the round.
  void put_off(const PolicyTask& task, Moment until);
  Result<void> take(const PolicyTask& task, const std::string& text, Moment now);
  void settle_next();
  void end_round();

  PolicyHolder* desk_;
  PolicyDelays delays_;
  Backoff backoff_;
  Moment due_{0};
  bool paused_ = false;
  bool in_round_ = false;
  /// When the policy is to be fetched, and the earliest moment for a report and for each secret.
  Moment policy_due_{0};
  Moment report_due_{0};
  std::map<std::string, Moment> secrets_due_;
  /// The report the server has answered last.
  std::optional<std::string> told_;
  std::string problem_;
  std::uint64_t asks_ = 0;
  std::uint64_t answered_asks_ = 0;
  /// The asks that the round under way answers.
  std::uint64_t covers_ = 0;
  std::uint64_t rounds_ = 0;
};

}  // namespace systemlog::bridge
