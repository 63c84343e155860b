#include "bridge/settings.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bridge/utf16.h"
#include "core/base/bytes.h"

namespace systemlog::bridge {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view purpose = "bridge-settings";
constexpr std::string_view file_name = "settings";
constexpr std::size_t longest_file = 65536;
constexpr std::size_t longest_text = 1024;

bool take_text(const Json& object, const char* key, std::string& into) {
  const auto found = object.find(key);
  if (found == object.end()) return true;
  if (!found->is_string() || found->get_ref<const std::string&>().size() > longest_text) return false;
  into = found->get<std::string>();
  return true;
}

/// `host:port`. Anything else a library might read as "no proxy", and send past it, or as a password in a name.
bool is_host_and_port(std::string_view text) {
  constexpr std::size_t most_digits = 5;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_of_host = [&](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_' ||
           c == '[' || c == ']' || c == ':';
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  return std::all_of(host.begin(), host.end(), is_of_host) && !port.empty() && port.size() <= most_digits &&
         std::all_of(port.begin(), port.end(), is_digit);
}

}  // namespace

std::string write_settings(const Settings& settings) {
  Json json{{"server", settings.server},
            {"company", settings.company},
            {"accessToken", settings.access_token},
            {"name", settings.name},
            {"auth", settings.auth_feature}};
  if (settings.proxy) {
    json["proxy"] = {{"server", settings.proxy->server},
                     {"account", settings.proxy->account},
                     {"password", settings.proxy->password}};
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Settings> parse_settings(std::string_view json) {
  const Json read = Json::parse(json.begin(), json.end(), nullptr, /*allow_exceptions=*/false);
  const Error malformed{ErrorCode::malformed, "settings"};
  if (!read.is_object()) return malformed;
  Settings settings;
  if (!take_text(read, "server", settings.server) || !take_text(read, "company", settings.company) ||
      !take_text(read, "accessToken", settings.access_token) || !take_text(read, "name", settings.name)) {
    return malformed;
  }
  if (const auto auth = read.find("auth"); auth != read.end()) {
    if (!auth->is_boolean()) return malformed;
    settings.auth_feature = auth->get<bool>();
  }
  if (const auto proxy = read.find("proxy"); proxy != read.end() && !proxy->is_null()) {
    ProxySettings told;
    if (!proxy->is_object() || !take_text(*proxy, "server", told.server) ||
        !take_text(*proxy, "account", told.account) || !take_text(*proxy, "password", told.password) ||
        !is_host_and_port(told.server)) {
      return malformed;
    }
    settings.proxy = std::move(told);
  }
  return settings;
}

std::optional<HttpProxy> proxy_of(const Settings& settings) {
  if (!settings.proxy) return std::nullopt;
  return HttpProxy{settings.proxy->server, settings.proxy->account, secret_utf16_of(settings.proxy->password)};
}

Result<Settings> load_settings(Files& files, SecretBox& box, const std::filesystem::path& folder) {
  const Result<SecretBytes> sealed = read_whole(files, folder / file_name, longest_file);
  if (!sealed) return sealed.error();
  const Result<SecretBytes> open = box.open(sealed.value(), purpose);
  if (!open) return open.error();
  return parse_settings(text_of(open.value()));
}

Result<void> save_settings(Files& files, SecretBox& box, const std::filesystem::path& folder,
                           const Settings& settings) {
  const std::string text = write_settings(settings);
  const Result<Bytes> sealed = box.seal(bytes_of(text), purpose);
  if (!sealed) return sealed.error();
  return replace_whole(files, folder / file_name, sealed.value());
}

}  // namespace systemlog::bridge
