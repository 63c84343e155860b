// Decides whether a one-time code lets somebody in, once.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/attempt_store.h"

namespace systemlog {

/// What came of a code. Names are stable; each has its own text on the tile and its own event id.
enum class CodeVerdict : std::uint8_t {
  accepted,
  /// The same code again by the same attempt after a wrong password. Counts as accepted.
  accepted_again,
  wrong,
  /// The right code, but of a step at or before the last accepted one.
  used,
  /// The right code of a step before the time the server vouched for.
  too_old,
  /// Not looked at: a wait is running.
  throttled,
  /// Not looked at: codes are off for this account until recovery, emergency or an administrator.
  disabled,
  /// The code fits a time far from the PC's. The next code in a row resynchronises.
  clock_off,
  /// No match, and the PC's clock stands before a time already seen: set it, or connect the network.
  clock_behind,
  /// Not a code: too few or too many digits, other characters. Not counted.
  malformed,
  /// The memory of used codes could not be written. Nobody is let in on it, and it is nobody's wrong code.
  unavailable,
};

std::string_view name(CodeVerdict verdict) noexcept;

struct CodeResult {
  CodeVerdict verdict = CodeVerdict::unavailable;
  /// How long codes are not looked at from now on; 0 for none. May accompany `wrong` and `clock_off` as well.
  std::uint64_t wait_ms = 0;
  /// For `clock_off`: how far the authenticator is ahead of the PC (negative: behind).
  std::int64_t clock_offset_ms = 0;
  /// Two codes in a row have just set the offset anew. To be reported.
  bool resynchronised = false;

  bool lets_in() const noexcept { return verdict == CodeVerdict::accepted || verdict == CodeVerdict::accepted_again; }
};

/// Names one try at the logon screen: the LogonUI process (id and start time, as ids are reused), its session and the
/// account. As the system says it, never as a client says it.
struct AttemptId {
  std::uint32_t process_id = 0;
  std::uint64_t process_started = 0;
  std::uint32_t session_id = 0;
  std::string sid;

  friend bool operator==(const AttemptId&, const AttemptId&) = default;
};

/// The time to check codes at. In the run the server vouched in, its word plus uptime; else the wall clock, but never
/// before the vouched time.
std::int64_t trusted_now_ms(const AttemptBook& book, const ClockReading& now) noexcept;

/// What a server's word about the time makes of what was vouched for before. True time only goes on, so of two words
/// the later moment counts: an answer that was held back on its way turns nothing back. An answer cannot be held back
/// for longer than a request lasts, though; one that lies more than five minutes behind is the server's own clock put
/// right, and its newest word counts.
VouchedTime vouched_by(const AttemptBook& book, std::int64_t server_ms, const ClockReading& now) noexcept;

/// Not to be used from two threads at once.
class CodeVerifier {
 public:
  /// Steps to either side of the expected one that are taken.
  static constexpr std::int64_t window_steps = 1;
  static constexpr int most_drift_steps = 2;
  /// How far a code is looked for when it does not fit: over the 12 h of a wrong AM/PM and the 9 h of a wrong zone.
  static constexpr std::int64_t diagnosis_range_ms = std::int64_t{13} * 3'600'000;
  static constexpr std::uint64_t resync_within_ms = 300'000;
  static constexpr unsigned most_repeats = 3;
  static constexpr std::uint64_t repeat_within_ms = 60'000;

  CodeVerifier(AttemptStore& store, Clock& clock) noexcept : store_(&store), clock_(&clock) {}

  /// Checks a typed code. What follows from it is on the disk before this returns: a code that was accepted stays
  /// used, and a failure counted, whatever happens to the process.
  CodeResult check(const AttemptId& attempt, ByteView secret, const OtpParameters& parameters,
                   std::string_view typed);

  /// LSA refused the password of an attempt whose code was accepted: the same code may be tried once more by the same
  /// attempt, three times within 60 s. Kept in memory only, so a restart forgets the favour, not the used code.
  void password_rejected(const AttemptId& attempt);

  /// The account has another secret, or none: what is kept in memory belongs to the old one.
  void forget(const std::string& sid);

  /// How long codes of the account are not looked at; 0 for none.
  std::uint64_t wait_ms(const std::string& sid) const noexcept;

 private:
  /// An accepted code whose attempt may come back.
  struct Grant {
    AttemptId attempt;
    TimeStep step = 0;
    ClockReading at;
    unsigned repeats = 0;
    bool password_rejected = false;
  };
  /// Where a code that did not fit would have fitted; waits for the code after it.
  struct ResyncCandidate {
    std::vector<TimeStep> steps;
    ClockReading at;
  };

  Result<bool> is_repeat(const AttemptId& attempt, OtpGenerator& generator, const OtpCode& code,
                         const ClockReading& now) const;
  CodeResult judge_match(const AttemptId& attempt, AccountAttempts account, TimeStep step, std::int64_t ahead,
                         const OtpParameters& parameters, const ClockReading& now);
  CodeResult judge_miss(const AttemptId& attempt, AccountAttempts account, OtpGenerator& generator,
                        const OtpCode& code, const ClockReading& now);
  bool is_too_old(const AccountAttempts& account, TimeStep step, const OtpParameters& parameters) const;
  bool may_be_forgotten(TimeStep step, const OtpParameters& parameters, const ClockReading& now) const;
  CodeResult accept(const AttemptId& attempt, AccountAttempts account, TimeStep step, const ClockReading& now);

  AttemptStore* store_;
  Clock* clock_;
  std::map<std::string, Grant> grants_;
  std::map<std::string, ResyncCandidate> candidates_;
};

/// Clears failures, waits and a switched-off state: after a recovery code, an emergency response or an
/// administrator's word. What was used stays used.
void forgive(AccountAttempts& account) noexcept;

/// For a new secret: steps accepted and offsets learned belong to the old one. Failures and waits stay.
void forget_steps(AccountAttempts& account) noexcept;

/// No code of this step or before is good any more, because it was used elsewhere. Never lowers.
void raise_accepted_step(AccountAttempts& account, TimeStep step) noexcept;

}  // namespace systemlog
