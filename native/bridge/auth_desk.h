// Answers what the credential provider asks: the frames of core/auth_frames.h over the desk of core/logon_desk.h.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "bridge/crash_breaker.h"
#include "bridge/event_ids.h"
#include "bridge/policy_note.h"
#include "bridge/rate_limit.h"
#include "bridge/recorder.h"
#include "bridge/uplink/policy_holder.h"
#include "bridge/uplink/policy_sync.h"
#include "core/auth_frames.h"
#include "core/logon_desk.h"
#include "core/logon_mirror.h"
#include "platform/account_lookup.h"

namespace systemlog::bridge {

/// Who asks, as the system says it.
struct AuthPeer {
  std::uint32_t process_id = 0;
  /// Any number that another process of the same id would not have.
  std::uint64_t process_started = 0;
  std::uint32_t session_id = 0;
};

/// What the provider reads when the bridge does not answer (core/logon_mirror.h).
class MirrorStore {
 public:
  virtual ~MirrorStore() = default;
  virtual LogonMirror read() = 0;
  /// Writes all but the recovery flag, which is an administrator's.
  virtual Result<void> write(const LogonMirror& mirror) = 0;
};

struct AuthDeskParts {
  /// Guards the desk and the recorder.
  std::mutex& core;
  Recorder& recorder;
  EventSink& events;
  AccountLookup& accounts;
  MirrorStore& mirror;
  /// A TPM and BitLocker are there.
  std::function<bool()> tpm_and_bitlocker;
  std::function<Moment()> now;
  /// How somebody is about to sign in; without a method: they did not. The lock is held.
  std::function<void(const std::string& sid, std::optional<std::string> method)> proved;
  /// Something was recorded or is to be told to the server. The lock is held.
  std::function<void()> changed;
};

/// How many failed sign-ins are recorded one by one. Whoever sits at a logon screen can fail as often as Windows lets
/// him; without a limit he would fill the journal, and the server, with it.
struct FailureLimits {
  /// Of one account.
  double burst = 30;
  double per_second = 1.0 / 60;
  /// Of all of them together.
  double burst_of_all = 300;
  double per_second_of_all = 1.0 / 6;
};

/// Every public function may be called from several threads at once, except where it says that the lock is held.
class AuthDesk final : public PolicyHolder {
 public:
  AuthDesk(AuthDeskParts parts, LogonDesk desk, CrashBreaker breaker, PolicyNote note,
           const FailureLimits& limits = {});

  /// Records a change of policy that was cut off before its event was; for the start. The lock is held.
  void settle_policy_change();

  auth::Response answer(const auth::Request& request, const AuthPeer& peer);
  /// A process that had our provider loaded is gone.
  void provider_ended(std::uint32_t exit_code);
  /// Brings the mirror in step with what is in force; the lock is held.
  void write_mirror();
  /// An administrator's word that the logon screen may be ours again.
  Result<void> rearm();
  void set_policy(PolicySync* policy) noexcept { policy_ = policy; }

  std::optional<LogonDesk::Standing> standing(const std::string& sid) const { return desk_.standing(sid); }

  // PolicyHolder; the lock is held.
  std::string report() const override { return desk_.report(); }
  std::string policy_version() const override { return desk_.policy_version(); }
  std::vector<SecretDue> secrets_due() const override { return desk_.secrets_due(); }
  Result<bool> take_policy(std::string_view json) override;
  Result<void> take_secret(const std::string& sid, std::string_view json) override;

 private:
  auth::Response filter(const auth::FilterQuestion& question);
  auth::Response account(const auth::AccountQuestion& question);
  auth::Response tile(const auth::TileQuestion& question, const AuthPeer& peer);
  auth::Response answers(const auth::TileAnswers& typed, const AuthPeer& peer);
  auth::Response password(const auth::PasswordResult& result, const AuthPeer& peer);
  auth::Response challenge(const auth::ChallengeQuestion& question);
  SignIn sign_in(const auth::TileQuestion& about, const AuthPeer& peer);
  DeskMachine machine();
  void remember(const SystemAccount& account);
  /// The lock is held.
  void record(std::string kind, const std::string& sid, std::optional<std::string> reason, bool by_user);
  void record_failure(const std::string& sid, const std::string& reason);
  void note_change();
  void note_policy_change();
  void record_policy_change();
  bool policy_change_is_recorded() const;
  void policy_note_is(const Result<void>& written);

  AuthDeskParts parts_;
  LogonDesk desk_;
  CrashBreaker breaker_;
  PolicyNote note_;
  /// The event of the noted change was given to the recorder.
  bool noted_is_recorded_ = false;
  /// Names of those who signed in or tried, by SID.
  std::map<std::string, EventAccount> names_;
  FailureLimits limits_;
  RateLimit failures_;
  std::map<std::string, RateLimit> failures_of_;
  bool failures_left_out_ = false;
  PolicySync* policy_ = nullptr;
};

/// The answer of a bridge whose desk is not open: not yet (`timed-out`), or not at all.
auth::Response no_desk(const auth::Request& request, ErrorCode why);

}  // namespace systemlog::bridge
