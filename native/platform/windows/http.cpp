#include "platform/http.h"

// clang-format off
#include <windows.h>
#include <winhttp.h>
// clang-format on

#include "platform/windows/handle.h"
#include "platform/windows/text.h"

namespace systemlog {
namespace {

using windows::narrow;
using windows::wide;

constexpr std::size_t longest_answer = std::size_t{4} * 1024 * 1024;

class HttpHandle {
 public:
  explicit HttpHandle(HINTERNET handle) noexcept : handle_(handle) {}
  HttpHandle(const HttpHandle&) = delete;
  HttpHandle& operator=(const HttpHandle&) = delete;
  HttpHandle(HttpHandle&&) = delete;
  HttpHandle& operator=(HttpHandle&&) = delete;
  ~HttpHandle() {
    if (handle_ != nullptr) WinHttpCloseHandle(handle_);
  }
  HINTERNET get() const noexcept { return handle_; }

 private:
  HINTERNET handle_;
};

Error failed(const char* step) {
  const DWORD code = GetLastError();
  ErrorCode kind = ErrorCode::io_failed;
  if (code == ERROR_WINHTTP_TIMEOUT) kind = ErrorCode::timed_out;
  if (code == ERROR_WINHTTP_SECURE_FAILURE) kind = ErrorCode::authentication_failed;
  return {kind, std::string(step) + ": error " + std::to_string(code)};
}

struct Target {
  std::wstring host;
  std::wstring path;
  INTERNET_PORT port = 0;
  bool secure = true;
};

Result<Target> target_of(const std::string& url) {
  const std::wstring text = wide(url);
  URL_COMPONENTS parts{};
  parts.dwStructSize = sizeof parts;
  parts.dwHostNameLength = parts.dwUrlPathLength = parts.dwExtraInfoLength = static_cast<DWORD>(-1);
  if (WinHttpCrackUrl(text.c_str(), 0, 0, &parts) == 0) return Error{ErrorCode::invalid_argument, "url"};
  Target target{{parts.lpszHostName, parts.dwHostNameLength},
                {parts.lpszUrlPath, parts.dwUrlPathLength},
                parts.nPort,
                parts.nScheme == INTERNET_SCHEME_HTTPS};
  target.path.append(parts.lpszExtraInfo, parts.dwExtraInfoLength);
  const bool loopback = target.host == L"127.0.0.1" || target.host == L"localhost" || target.host == L"[::1]";
  if (!target.secure && !loopback) return Error{ErrorCode::refused, "plain http"};
  return target;
}

class WindowsHttp final : public Http {
 public:
  WindowsHttp(HINTERNET session, std::optional<HttpProxy> proxy) noexcept
      : session_(session), proxy_(std::move(proxy)) {}

  Result<HttpAnswer> send(const HttpRequest& request) noexcept override {
    const Result<Target> target = target_of(request.url);
    if (!target) return target.error();
    const HttpHandle connection(WinHttpConnect(session_.get(), target.value().host.c_str(), target.value().port, 0));
    if (connection.get() == nullptr) return failed("connect");
    const HttpHandle exchange(WinHttpOpenRequest(
        connection.get(), wide(request.method).c_str(), target.value().path.c_str(), nullptr, WINHTTP_NO_REFERER,
        WINHTTP_DEFAULT_ACCEPT_TYPES, target.value().secure ? DWORD{WINHTTP_FLAG_SECURE} : 0));
    if (exchange.get() == nullptr) return failed("open request");
    if (Result<void> set = configure(exchange.get(), request); !set) return set.error();
    const auto size = static_cast<DWORD>(request.body.size());
    if (WinHttpSendRequest(exchange.get(), WINHTTP_NO_ADDITIONAL_HEADERS, 0,
                           size == 0 ? WINHTTP_NO_REQUEST_DATA : const_cast<std::uint8_t*>(request.body.data()), size,
                           size, 0) == 0 ||
        WinHttpReceiveResponse(exchange.get(), nullptr) == 0) {
      return failed("send");
    }
    return read_answer(exchange.get());
  }

 private:
  Result<void> configure(HINTERNET exchange, const HttpRequest& request) const {
    const auto timeout = static_cast<int>(request.timeout.count());
    DWORD no_redirects = WINHTTP_DISABLE_REDIRECTS | WINHTTP_DISABLE_COOKIES;
    if (WinHttpSetTimeouts(exchange, timeout, timeout, timeout, timeout) == 0 ||
        WinHttpSetOption(exchange, WINHTTP_OPTION_DISABLE_FEATURE, &no_redirects, sizeof no_redirects) == 0) {
      return failed("request options");
    }
    for (const auto& [name, value] : request.headers) {
      const std::wstring line = wide(name) + L": " + wide(value);
      if (line.find_first_of(L"\r\n") != std::wstring::npos) return Error{ErrorCode::invalid_argument, "header"};
      if (WinHttpAddRequestHeaders(exchange, line.c_str(), static_cast<DWORD>(line.size()),
                                   WINHTTP_ADDREQ_FLAG_ADD | WINHTTP_ADDREQ_FLAG_REPLACE) == 0) {
        return failed("header");
      }
    }
    if (proxy_ && !proxy_->account.empty()) {
      SecretUtf16 password = proxy_->password;
      password.push_back(u'\0');
      if (WinHttpSetCredentials(exchange, WINHTTP_AUTH_TARGET_PROXY, WINHTTP_AUTH_SCHEME_BASIC,
                                wide(proxy_->account).c_str(), reinterpret_cast<const wchar_t*>(password.data()),
                                nullptr) == 0) {
        return failed("proxy credentials");
      }
    }
    return {};
  }

  static Result<HttpAnswer> read_answer(HINTERNET exchange) {
    HttpAnswer answer;
    DWORD status = 0;
    DWORD size = sizeof status;
    if (WinHttpQueryHeaders(exchange, WINHTTP_QUERY_STATUS_CODE | WINHTTP_QUERY_FLAG_NUMBER,
                            WINHTTP_HEADER_NAME_BY_INDEX, &status, &size, WINHTTP_NO_HEADER_INDEX) == 0) {
      return failed("status");
    }
    answer.status = static_cast<int>(status);
    while (true) {
      std::array<std::uint8_t, 16384> part{};
      DWORD got = 0;
      if (WinHttpReadData(exchange, part.data(), static_cast<DWORD>(part.size()), &got) == 0) return failed("read");
      if (got == 0) return answer;
      if (answer.body.size() + got > longest_answer) return Error{ErrorCode::too_long, "http answer"};
      answer.body.insert(answer.body.end(), part.begin(), part.begin() + got);
    }
  }

  HttpHandle session_;
  std::optional<HttpProxy> proxy_;
};

}  // namespace

Result<std::unique_ptr<Http>> system_http(std::optional<HttpProxy> proxy) {
  const std::wstring proxy_server = proxy ? wide(proxy->server) : std::wstring();
  const HINTERNET session =
      WinHttpOpen(L"SystemLog", proxy ? DWORD{WINHTTP_ACCESS_TYPE_NAMED_PROXY} : WINHTTP_ACCESS_TYPE_AUTOMATIC_PROXY,
                  proxy ? proxy_server.c_str() : WINHTTP_NO_PROXY_NAME, WINHTTP_NO_PROXY_BYPASS, 0);
  if (session == nullptr) return failed("session");
  return std::unique_ptr<Http>(std::make_unique<WindowsHttp>(session, std::move(proxy)));
}

}  // namespace systemlog
