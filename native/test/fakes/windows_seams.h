// Stand-ins for what only LogonUI, LSA and the event log can do, for tests of what is built on them.
#pragma once

#include <string>
#include <vector>

#include "platform/account_lookup.h"
#include "platform/auth_package.h"
#include "platform/connected_blob_packer.h"
#include "platform/event_sink.h"
#include "platform/http.h"
#include "platform/password_protector.h"

namespace systemlog::test {

/// Turns every password round; enough to see whether it was protected.
class FakePasswordProtector final : public PasswordProtector {
 public:
  Result<SecretUtf16> protect(const SecretUtf16& password) noexcept override {
    return SecretUtf16(password.rbegin(), password.rend());
  }
};

class FakeAuthPackage final : public AuthPackage {
 public:
  std::uint32_t id = 9;
  Result<std::uint32_t> negotiate_id() noexcept override { return std::uint32_t{id}; }
};

/// `user`, a zero, and the password's length.
class FakeConnectedBlobPacker final : public ConnectedBlobPacker {
 public:
  Result<SecretBytes> pack(std::u16string_view user, const SecretUtf16& password) noexcept override {
    ByteWriter writer;
    for (const char16_t unit : user) writer.u16(static_cast<std::uint16_t>(unit));
    writer.u16(0);
    writer.u32(static_cast<std::uint32_t>(password.size()));
    return std::move(writer).take();
  }
};

class FakeAccountLookup final : public AccountLookup {
 public:
  std::vector<SystemAccount> accounts;
  std::string computer = "PC-01";

  Result<SystemAccount> by_name(const std::string& name) noexcept override {
    for (const SystemAccount& account : accounts) {
      if (account.domain + "\\" + account.name == name || account.name == name) return SystemAccount(account);
    }
    return Error{ErrorCode::not_found, "account"};
  }
  Result<SystemAccount> by_sid(const std::string& sid) noexcept override {
    for (const SystemAccount& account : accounts) {
      if (account.sid == sid) return SystemAccount(account);
    }
    return Error{ErrorCode::not_found, "account"};
  }
  std::string computer_name() noexcept override { return computer; }
};

class RecordingEventSink final : public EventSink {
 public:
  struct Event {
    Severity severity;
    std::uint32_t id;
    std::string text;
  };
  std::vector<Event> events;

  void report(Severity severity, std::uint32_t event_id, std::string_view text) noexcept override {
    events.push_back({severity, event_id, std::string(text)});
  }
};

/// Gives the prepared answers in order, then `io-failed`.
class FakeHttp final : public Http {
 public:
  std::vector<HttpAnswer> answers;
  std::vector<HttpRequest> requests;

  Result<HttpAnswer> send(const HttpRequest& request) noexcept override {
    requests.push_back(request);
    if (requests.size() > answers.size()) return Error{ErrorCode::io_failed, "no answer"};
    return HttpAnswer(answers[requests.size() - 1]);
  }
};

}  // namespace systemlog::test
