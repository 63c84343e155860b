#include "platform/http.h"

// clang-format off
#include <windows.h>
#include <wincrypt.h>
#include <winhttp.h>
// clang-format on

#include <algorithm>

#include "platform/crypto.h"
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
  // Of WinHTTP and, where it hands that on, of the socket.
  constexpr DWORD socket_timed_out = 10'060;
  if (code == ERROR_WINHTTP_TIMEOUT || code == socket_timed_out) kind = ErrorCode::timed_out;
  switch (code) {
    case ERROR_WINHTTP_SECURE_FAILURE:
    // The reasons behind it: Windows tells them to a callback only, Wine in its place.
    case ERROR_WINHTTP_SECURE_CHANNEL_ERROR:
    case ERROR_WINHTTP_SECURE_CERT_DATE_INVALID:
    case ERROR_WINHTTP_SECURE_CERT_CN_INVALID:
    case ERROR_WINHTTP_SECURE_INVALID_CA:
    case ERROR_WINHTTP_SECURE_INVALID_CERT:
    case ERROR_WINHTTP_SECURE_CERT_REVOKED:
    case ERROR_WINHTTP_SECURE_CERT_WRONG_USAGE:
      kind = ErrorCode::authentication_failed;
      break;
    default:
      break;
  }
  return {kind, std::string(step) + ": error " + std::to_string(code)};
}

struct Target {
  std::wstring host;
  std::wstring path;
  INTERNET_PORT port = 0;
  bool secure = true;
  bool loopback = false;
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
                parts.nScheme == INTERNET_SCHEME_HTTPS,
                false};
  target.path.append(parts.lpszExtraInfo, parts.dwExtraInfoLength);
  target.loopback = target.host == L"127.0.0.1" || target.host == L"localhost" || target.host == L"[::1]";
  if (!target.secure && !target.loopback) return Error{ErrorCode::refused, "plain http"};
  return target;
}

std::string header(HINTERNET exchange, DWORD which) {
  std::array<wchar_t, 128> text{};
  DWORD size = sizeof text;
  if (WinHttpQueryHeaders(exchange, which, WINHTTP_HEADER_NAME_BY_INDEX, text.data(), &size,
                          WINHTTP_NO_HEADER_INDEX) == 0) {
    return {};
  }
  // Blanks around a value are not of it (RFC 9110, 5.5).
  const std::string value = narrow(text.data());
  const std::size_t from = value.find_first_not_of(" \t");
  return from == std::string::npos ? std::string() : value.substr(from, value.find_last_not_of(" \t") + 1 - from);
}

/// Of the answer; 0 with an error of Windows when there is none.
DWORD status_of(HINTERNET exchange) {
  DWORD status = 0;
  DWORD size = sizeof status;
  const BOOL known = WinHttpQueryHeaders(exchange, WINHTTP_QUERY_STATUS_CODE | WINHTTP_QUERY_FLAG_NUMBER,
                                         WINHTTP_HEADER_NAME_BY_INDEX, &status, &size, WINHTTP_NO_HEADER_INDEX);
  return known == 0 ? 0 : status;
}

class WindowsHttp final : public Http {
 public:
  WindowsHttp(HINTERNET session, std::optional<HttpProxy> proxy, std::optional<CertificatePin> pin) noexcept
      : session_(session), proxy_(std::move(proxy)), pin_(pin) {}

  Result<HttpAnswer> send(const HttpRequest& request) noexcept override {
    const Result<Target> target = target_of(request.url);
    if (!target) return target.error();
    const ULONGLONG deadline =
        GetTickCount64() + static_cast<ULONGLONG>(std::max<long long>(request.timeout.count(), 1));
    const HttpHandle connection(WinHttpConnect(session_.get(), target.value().host.c_str(), target.value().port, 0));
    if (connection.get() == nullptr) return failed("connect");
    const HttpHandle exchange(WinHttpOpenRequest(
        connection.get(), wide(request.method).c_str(), target.value().path.c_str(), nullptr, WINHTTP_NO_REFERER,
        WINHTTP_DEFAULT_ACCEPT_TYPES, target.value().secure ? DWORD{WINHTTP_FLAG_SECURE} : 0));
    if (exchange.get() == nullptr) return failed("open request");
    if (Result<void> set = configure(exchange.get(), request); !set) return set.error();
    if (Result<void> set = configure_way(exchange.get(), target.value()); !set) return set.error();
    if (Result<void> sent = transmit(exchange.get(), request, target.value()); !sent) return sent.error();
    return read_answer(exchange.get(), deadline);
  }

 private:
  static Result<void> configure(HINTERNET exchange, const HttpRequest& request) {
    // Zero would mean for ever.
    const auto timeout = static_cast<int>(std::max<long long>(request.timeout.count(), 1));
    DWORD no_redirects = WINHTTP_DISABLE_REDIRECTS | WINHTTP_DISABLE_COOKIES;
    // For the head of an answer Windows has a time of its own, 90 s unless it is told.
    auto for_head = static_cast<DWORD>(timeout);
    if (WinHttpSetTimeouts(exchange, timeout, timeout, timeout, timeout) == 0 ||
        WinHttpSetOption(exchange, WINHTTP_OPTION_RECEIVE_RESPONSE_TIMEOUT, &for_head, sizeof for_head) == 0 ||
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
    return {};
  }

  /// Proxy and certificates.
  Result<void> configure_way(HINTERNET exchange, const Target& target) const {
    if (target.loopback) {
      WINHTTP_PROXY_INFO direct{};
      direct.dwAccessType = WINHTTP_ACCESS_TYPE_NO_PROXY;
      if (WinHttpSetOption(exchange, WINHTTP_OPTION_PROXY, &direct, sizeof direct) == 0) return failed("no proxy");
    } else if (proxy_ && !proxy_->account.empty()) {
      SecretUtf16 password = proxy_->password;
      password.push_back(u'\0');
      if (WinHttpSetCredentials(exchange, WINHTTP_AUTH_TARGET_PROXY, WINHTTP_AUTH_SCHEME_BASIC,
                                wide(proxy_->account).c_str(), reinterpret_cast<const wchar_t*>(password.data()),
                                nullptr) == 0) {
        return failed("proxy credentials");
      }
    }
    if (pin_ && target.secure) {
      // The pin names one certificate, so neither its name, its dates nor who signed it say more; `transmit` looks at
      // it.
      DWORD unjudged = SECURITY_FLAG_IGNORE_UNKNOWN_CA | SECURITY_FLAG_IGNORE_CERT_CN_INVALID |
                       SECURITY_FLAG_IGNORE_CERT_DATE_INVALID | SECURITY_FLAG_IGNORE_CERT_WRONG_USAGE;
      if (WinHttpSetOption(exchange, WINHTTP_OPTION_SECURITY_FLAGS, &unjudged, sizeof unjudged) == 0) {
        return failed("certificate options");
      }
    }
    return {};
  }

  Result<void> transmit(HINTERNET exchange, const HttpRequest& request, const Target& target) const {
    const auto size = static_cast<DWORD>(request.body.size());
    const bool pinned = pin_ && target.secure;
    auto* body = size == 0 ? nullptr : const_cast<std::uint8_t*>(request.body.data());
    // With a pin the body, where secrets are, waits until the certificate was looked at. The head has gone out by
    // then: WinHTTP makes the handshake only to send it.
    const DWORD at_once = pinned ? 0 : size;
    if (WinHttpSendRequest(exchange, WINHTTP_NO_ADDITIONAL_HEADERS, 0, at_once == 0 ? WINHTTP_NO_REQUEST_DATA : body,
                           at_once, size, 0) == 0) {
      return failed_on_way(target);
    }
    if (pinned) {
      if (Result<void> right = check_pin(exchange); !right) return right;
      DWORD written = 0;
      if (size != 0 && (WinHttpWriteData(exchange, body, size, &written) == 0 || written != size)) {
        return failed("send body");
      }
    }
    if (WinHttpReceiveResponse(exchange, nullptr) == 0) return failed("receive");
    return {};
  }

  /// To send, and where a proxy is: that it may be the one that is not there.
  Error failed_on_way(const Target& target) const {
    const DWORD code = GetLastError();
    Error error = failed("send");
    const bool unreached = code == ERROR_WINHTTP_CANNOT_CONNECT || code == ERROR_WINHTTP_NAME_NOT_RESOLVED;
    if (unreached && proxy_ && !target.loopback) error.detail += " (proxy " + proxy_->server + ")";
    return error;
  }

  Result<void> check_pin(HINTERNET exchange) const {
    PCCERT_CONTEXT certificate = nullptr;
    DWORD size = sizeof certificate;
    if (WinHttpQueryOption(exchange, WINHTTP_OPTION_SERVER_CERT_CONTEXT, &certificate, &size) == 0 ||
        certificate == nullptr) {
      return Error{ErrorCode::authentication_failed, "no certificate"};
    }
    const Result<crypto::Digest> digest =
        crypto::digest(crypto::Hash::sha256, {ByteView(certificate->pbCertEncoded, certificate->cbCertEncoded)});
    CertFreeCertificateContext(certificate);
    if (!digest) return digest.error();
    if (!constant_time_equal(digest.value().view(), *pin_)) {
      return Error{ErrorCode::authentication_failed, "not the pinned certificate"};
    }
    return {};
  }

  /// @param deadline in ticks: every read has its own timeout, and a server that drips must end too
  static Result<HttpAnswer> read_answer(HINTERNET exchange, ULONGLONG deadline) {
    HttpAnswer answer;
    const DWORD status = status_of(exchange);
    if (status == 0) return failed("status");
    answer.status = static_cast<int>(status);
    answer.retry_after = header(exchange, WINHTTP_QUERY_RETRY_AFTER);
    // A redirect is not followed, and what it says beside is for people.
    if (answer.status >= 300 && answer.status < 400) return answer;
    while (true) {
      std::array<std::uint8_t, 16384> part{};
      // What there is: reading more than that would wait until the buffer is full, however long a server drips.
      DWORD there = 0;
      if (WinHttpQueryDataAvailable(exchange, &there) == 0) return failed("read");
      if (there == 0) return answer;
      DWORD got = 0;
      const DWORD wanted = std::min(there, static_cast<DWORD>(part.size()));
      if (WinHttpReadData(exchange, part.data(), wanted, &got) == 0) return failed("read");
      if (got == 0) return answer;
      if (GetTickCount64() > deadline) return Error{ErrorCode::timed_out, "http answer"};
      if (answer.body.size() + got > longest_answer) return Error{ErrorCode::too_long, "http answer"};
      answer.body.insert(answer.body.end(), part.begin(), part.begin() + got);
    }
  }

  HttpHandle session_;
  std::optional<HttpProxy> proxy_;
  std::optional<CertificatePin> pin_;
};

}  // namespace

Result<std::unique_ptr<Http>> system_http(std::optional<HttpProxy> proxy, std::optional<CertificatePin> pin) {
  const std::wstring proxy_server = proxy ? wide(proxy->server) : std::wstring();
  const HINTERNET session =
      WinHttpOpen(L"SystemLog", proxy ? DWORD{WINHTTP_ACCESS_TYPE_NAMED_PROXY} : WINHTTP_ACCESS_TYPE_AUTOMATIC_PROXY,
                  proxy ? proxy_server.c_str() : WINHTTP_NO_PROXY_NAME, WINHTTP_NO_PROXY_BYPASS, 0);
  if (session == nullptr) return failed("session");
  return std::unique_ptr<Http>(std::make_unique<WindowsHttp>(session, std::move(proxy), pin));
}

}  // namespace systemlog
