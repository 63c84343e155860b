// What a test says of its machine, in JSON: for the bridges that are processes of their own.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "bridge/machine.h"

namespace systemlog::test {

inline std::optional<EventAccount> account_in(const nlohmann::json& said) {
  if (!said.contains("account")) return std::nullopt;
  const nlohmann::json& account = said["account"];
  return EventAccount{account["sid"], account["domain"], account["name"]};
}

/// `{"account":{…}, "remote":…, "connected":…, "locked":…, "logonWallMs":…, "idleMs":…, "signOn":…}`, all optional.
inline bridge::SessionFacts facts_in(const nlohmann::json& said) {
  bridge::SessionFacts facts;
  facts.account = account_in(said);
  facts.remote = said.value("remote", false);
  facts.connected = said.value("connected", true);
  if (said.contains("locked")) facts.locked = said["locked"].get<bool>();
  facts.logon_wall_ms = said.value("logonWallMs", std::int64_t{0});
  if (said.contains("idleMs")) facts.idle_ms = said["idleMs"].get<std::uint64_t>();
  if (said.value("signOn", "") == "automatic") facts.sign_on = bridge::SignOn::automatic;
  if (said.value("signOn", "") == "perhaps-automatic") facts.sign_on = bridge::SignOn::perhaps_automatic;
  return facts;
}

/// `{"shutdown":{"byUser":…, "restart":…}}`
inline std::optional<bridge::ShutdownNotice> notice_in(const nlohmann::json& said) {
  if (!said.contains("shutdown")) return std::nullopt;
  return bridge::ShutdownNotice{said["shutdown"].value("byUser", true), said["shutdown"].value("restart", false)};
}

}  // namespace systemlog::test
