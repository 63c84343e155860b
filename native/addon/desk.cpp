// The desk of the logon screen (core/logon_desk.h).
#include "core/logon_desk.h"

#include "addon/desk_values.h"
#include "addon/held.h"
#include "addon/surface.h"
#include "platform/file_secret_box.h"
#ifdef _WIN32
#include "platform/windows/windows_platform.h"
#endif

namespace systemlog::addon {
namespace {

using Info = Napi::CallbackInfo;

/// Says what it was told: each call of the desk brings the PC's clock along.
class GivenClock final : public Clock {
 public:
  explicit GivenClock(const ClockReading& reading) noexcept : reading_(reading) {}
  ClockReading read() noexcept override { return reading_; }
  void set(const ClockReading& reading) noexcept { reading_ = reading; }

 private:
  ClockReading reading_;
};

/// A desk with what it stands on. It stays where it is, for the desk points into it.
struct OpenDesk {
  explicit OpenDesk(const ClockReading& now) noexcept : clock(now) {}

  std::unique_ptr<Files> files = system_files();
  std::unique_ptr<Random> random = system_random();
  GivenClock clock;
  std::unique_ptr<FileLock> lock;
  std::unique_ptr<SecretBox> box;
  std::optional<LogonDesk> desk;
};
using HeldDesk = std::shared_ptr<Held<OpenDesk>>;

Result<std::unique_ptr<SecretBox>> secret_box([[maybe_unused]] OpenDesk& open,
                                              [[maybe_unused]] const std::filesystem::path& folder) {
#ifdef _WIN32
  return windows::machine_secret_box();
#else
  return file_secret_box(*open.files, *open.random, folder / "box-key");
#endif
}

Result<std::unique_ptr<OpenDesk>> open_in(const std::filesystem::path& folder, const std::string& device,
                                          ByteView device_secret, const ClockReading& now) {
  auto open = std::make_unique<OpenDesk>(now);
  if (Result<void> made = open->files->make_folder(folder); !made) return made.error();
  // Two desks on one folder would each remember only their own used codes.
  Result<std::unique_ptr<FileLock>> lock = open->files->lock(folder / "lock");
  if (!lock) return lock.error();
  open->lock = std::move(lock).value();
  Result<std::unique_ptr<SecretBox>> box = secret_box(*open, folder);
  if (!box) return box.error();
  open->box = std::move(box).value();
  Result<LogonDesk> desk =
      LogonDesk::open(*open->files, *open->box, *open->random, open->clock, folder, device, device_secret);
  if (!desk) return desk.error();
  open->desk.emplace(std::move(desk).value());
  return open;
}

/// Has `work(desk)` done at the moment the clock was read.
template <typename Work, typename Show>
Napi::Value call_at(Napi::Env env, const HeldDesk& held, const ClockReading& now, Work work, Show show) {
  return call(
      env, held,
      [now, work = std::move(work)](OpenDesk& open) mutable {
        open.clock.set(now);
        return work(*open.desk);
      },
      std::move(show));
}

Napi::Value take_policy(const Info& info, const HeldDesk& held) {
  ValueReader reader(info.Env());
  std::string json = reader.text(info[0], "json");
  const ClockReading now = reader.clock(info[1]);
  if (!reader.ok()) return reader.refusal();
  return call_at(
      info.Env(), held, now, [json = std::move(json)](LogonDesk& desk) { return desk.take_policy(json); },
      [](Napi::Env env, bool changed) -> Napi::Value { return Napi::Boolean::New(env, changed); });
}

Napi::Value policy_version(const Info& info, const HeldDesk& held) {
  return call(
      info.Env(), held, [](OpenDesk& open) { return Result<std::string>(open.desk->policy_version()); }, show_text);
}

Napi::Value secrets_due(const Info& info, const HeldDesk& held) {
  return call(
      info.Env(), held, [](OpenDesk& open) { return Result<std::vector<SecretDue>>(open.desk->secrets_due()); },
      show_secrets_due);
}

Napi::Value take_secret(const Info& info, const HeldDesk& held) {
  ValueReader reader(info.Env());
  std::string sid = reader.text(info[0], "sid");
  std::string json = reader.text(info[1], "json");
  const ClockReading now = reader.clock(info[2]);
  if (!reader.ok()) return reader.refusal();
  return call_at(
      info.Env(), held, now,
      [sid = std::move(sid), json = std::move(json)](LogonDesk& desk) { return desk.take_secret(sid, json); },
      show_nothing);
}

Napi::Value question(const Info& info, const HeldDesk& held) {
  ValueReader reader(info.Env());
  SignIn sign_in = read_sign_in(reader, info[0]);
  const DeskMachine machine = read_machine(reader, info[1]);
  const ClockReading now = reader.clock(info[2]);
  if (!reader.ok()) return reader.refusal();
  return call_at(
      info.Env(), held, now,
      [sign_in = std::move(sign_in), machine](LogonDesk& desk) {
        return Result<Question>(desk.question(sign_in, machine));
      },
      show_question);
}

Napi::Value answer(const Info& info, const HeldDesk& held) {
  ValueReader reader(info.Env());
  SignIn sign_in = read_sign_in(reader, info[0]);
  const DeskMachine machine = read_machine(reader, info[1]);
  Answers answers = read_answers(reader, info[2]);
  const ClockReading now = reader.clock(info[3]);
  if (!reader.ok()) return reader.refusal();
  return call_at(
      info.Env(), held, now,
      [sign_in = std::move(sign_in), machine, answers = std::move(answers)](LogonDesk& desk) mutable {
        Result<Answered> answered = desk.answer(sign_in, machine, answers);
        wipe(answers.code);
        wipe(answers.recovery_code);
        wipe(answers.emergency_response);
        return answered;
      },
      show_answered);
}

Napi::Value password_accepted(const Info& info, const HeldDesk& held) {
  ValueReader reader(info.Env());
  AttemptId attempt = read_attempt(reader, info[0]);
  const DeskMachine machine = read_machine(reader, info[1]);
  SecretBytes password;
  if (!info[2].IsNull()) password = reader.secret_text(info[2], "passwordToSeal");
  const ClockReading now = reader.clock(info[3]);
  if (!reader.ok()) return reader.refusal();
  return call_at(
      info.Env(), held, now,
      [attempt = std::move(attempt), machine, password = std::move(password)](LogonDesk& desk) {
        return desk.password_accepted(attempt, machine, password);
      },
      show_nothing);
}

Napi::Value password_rejected(const Info& info, const HeldDesk& held) {
  ValueReader reader(info.Env());
  AttemptId attempt = read_attempt(reader, info[0]);
  const ClockReading now = reader.clock(info[1]);
  if (!reader.ok()) return reader.refusal();
  return call_at(
      info.Env(), held, now,
      [attempt = std::move(attempt)](LogonDesk& desk) { return desk.password_rejected(attempt); }, show_nothing);
}

Napi::Value emergency_challenge(const Info& info, const HeldDesk& held) {
  ValueReader reader(info.Env());
  std::string sid = reader.text(info[0], "sid");
  const ClockReading now = reader.clock(info[1]);
  if (!reader.ok()) return reader.refusal();
  return call_at(
      info.Env(), held, now, [sid = std::move(sid)](LogonDesk& desk) { return desk.emergency_challenge(sid); },
      show_text);
}

Napi::Value standing(const Info& info, const HeldDesk& held) {
  ValueReader reader(info.Env());
  std::string sid = reader.text(info[0], "sid");
  const ClockReading now = reader.clock(info[1]);
  if (!reader.ok()) return reader.refusal();
  return call_at(
      info.Env(), held, now,
      [sid = std::move(sid)](LogonDesk& desk) {
        return Result<std::optional<LogonDesk::Standing>>(desk.standing(sid));
      },
      show_standing);
}

Napi::Value report(const Info& info, const HeldDesk& held) {
  ValueReader reader(info.Env());
  const ClockReading now = reader.clock(info[0]);
  if (!reader.ok()) return reader.refusal();
  return call_at(
      info.Env(), held, now, [](LogonDesk& desk) { return Result<std::string>(desk.report()); }, show_text);
}

Napi::Value show_desk(Napi::Env env, std::unique_ptr<OpenDesk>& open) {
  const auto held = std::make_shared<Held<OpenDesk>>(std::move(open));
  Napi::Object shown = Napi::Object::New(env);
  add_method(shown, "takePolicy", held, take_policy);
  add_method(shown, "policyVersion", held, policy_version);
  add_method(shown, "secretsDue", held, secrets_due);
  add_method(shown, "takeSecret", held, take_secret);
  add_method(shown, "question", held, question);
  add_method(shown, "answer", held, answer);
  add_method(shown, "passwordAccepted", held, password_accepted);
  add_method(shown, "passwordRejected", held, password_rejected);
  add_method(shown, "emergencyChallenge", held, emergency_challenge);
  add_method(shown, "standing", held, standing);
  add_method(shown, "report", held, report);
  add_close(shown, held);
  return shown;
}

Napi::Value open_logon_desk(const Info& info) {
  ValueReader reader(info.Env());
  std::filesystem::path folder = reader.path(info[0], "folder");
  std::string device = reader.text(info[1], "device");
  SecretBytes device_secret = reader.bytes(info[2], "deviceSecret");
  const ClockReading now = reader.clock(info[3]);
  if (!reader.ok()) return reader.refusal();
  return start(
      info.Env(), nullptr,
      [folder = std::move(folder), device = std::move(device), device_secret = std::move(device_secret), now] {
        return open_in(folder, device, device_secret, now);
      },
      show_desk);
}

}  // namespace

void add_logon_desk(Napi::Object core) {
  add_function(core, "openLogonDesk", open_logon_desk);
}

}  // namespace systemlog::addon
