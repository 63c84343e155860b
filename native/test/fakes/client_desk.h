#pragma once

#include <functional>

#include "bridge/client_protocol.h"

namespace systemlog::test {

/// Grants everything and remembers who asked.
class FakeClientDesk final : public bridge::ClientDesk {
 public:
  int calls = 0;
  std::string asked_by;
  std::string rehearsed_in;
  std::optional<std::string_view> rehearsal_problem;
  Page page{{"11111111-1111-4111-8111-111111111111", 0}, {}, 0, false};

  /// What happens while a hello is being answered.
  std::function<void()> at_hello = [] {};

  Hello hello() override {
    ++calls;
    at_hello();
    return {"device", std::nullopt, {"11111111-1111-4111-8111-111111111111", 0}};
  }
  bridge::Granted<Page> read(const std::string& sid, const std::optional<std::string>& /*journal*/,
                             std::uint64_t /*after*/, std::size_t /*limit*/) override {
    note(sid);
    return Page(page);
  }
  bridge::Granted<std::uint64_t> acknowledge(const std::string& sid, const std::string& /*journal*/,
                                             std::uint64_t through) override {
    note(sid);
    return through;
  }
  bridge::Granted<std::uint64_t> take_receipt(const ServerReceipt& receipt) override {
    ++calls;
    return std::uint64_t{receipt.through_sequence};
  }
  bridge::Granted<Tickets> ticket(const std::string& sid, const std::string& /*nonce*/) override {
    note(sid);
    return Tickets{{"{}", "s"}, {"{}", "s"}};
  }
  Sync sync() override {
    ++calls;
    return {true, ""};
  }
  Status status() override {
    ++calls;
    return {};
  }
  std::optional<LogonDesk::Standing> standing(const std::string& sid) override {
    note(sid);
    return LogonDesk::Standing{};
  }
  std::optional<std::string> fetch_secret(const std::string& sid,
                                          const std::optional<std::string>& /*code*/) override {
    note(sid);
    return std::nullopt;
  }
  std::optional<std::string_view> rehearse(const bridge::ClientCaller& caller) override {
    note(caller.account.sid);
    rehearsed_in = caller.session;
    return rehearsal_problem;
  }

 private:
  void note(const std::string& sid) {
    ++calls;
    asked_by = sid;
  }
};

}  // namespace systemlog::test
