#include "platform/http.h"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "core/base/bytes.h"

namespace systemlog {
namespace {

constexpr std::size_t longest_answer = std::size_t{4} * 1024 * 1024;
constexpr std::size_t longest_header_value = 128;
constexpr int proxy_wants_account = 407;

struct Release {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
  void operator()(char* text) const noexcept { curl_free(text); }
};
template <typename T>
using Owned = std::unique_ptr<T, Release>;

/// What arrives, while it arrives.
struct Arriving {
  HttpAnswer answer;
  bool too_long = false;
};

std::size_t take_body(const char* data, std::size_t size, std::size_t count, void* into) {
  auto* arriving = static_cast<Arriving*>(into);
  const std::size_t bytes = size * count;
  if (arriving->answer.body.size() + bytes > longest_answer) {
    arriving->too_long = true;
    return 0;
  }
  arriving->answer.body.insert(arriving->answer.body.end(), data, data + bytes);
  return bytes;
}

std::size_t take_header(const char* data, std::size_t size, std::size_t count, void* into) {
  constexpr std::string_view wanted = "retry-after:";
  auto* arriving = static_cast<Arriving*>(into);
  std::string_view line(data, size * count);
  // The head of a proxy's answer comes first; only the last one is the server's.
  if (line.starts_with("HTTP/")) arriving->answer.retry_after.clear();
  const auto same = [](char left, char right) { return std::tolower(static_cast<unsigned char>(left)) == right; };
  if (line.size() > wanted.size() && std::equal(wanted.begin(), wanted.end(), line.begin(),
                                                [&](char right, char left) { return same(left, right); })) {
    line.remove_prefix(wanted.size());
    const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
    while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
    arriving->answer.retry_after = line.substr(0, longest_header_value);
  }
  return size * count;
}

/// During the handshake: the pinned certificate and no other.
int judge_pinned(X509_STORE_CTX* context, void* pin) {
  std::array<std::uint8_t, 32> digest{};
  unsigned size = 0;
  const X509* certificate = X509_STORE_CTX_get0_cert(context);
  const bool right = certificate != nullptr && X509_digest(certificate, EVP_sha256(), digest.data(), &size) == 1 &&
                     size == digest.size() && digest == *static_cast<const CertificatePin*>(pin);
  X509_STORE_CTX_set_error(context, right ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION);
  return right ? 1 : 0;
}

CURLcode use_pin(CURL* /*handle*/, void* ssl_context, void* pin) {
  SSL_CTX_set_cert_verify_callback(static_cast<SSL_CTX*>(ssl_context), judge_pinned, pin);
  return CURLE_OK;
}

Error failed(CURLcode code) {
  ErrorCode kind = ErrorCode::io_failed;
  if (code == CURLE_OPERATION_TIMEDOUT) kind = ErrorCode::timed_out;
  if (code == CURLE_PEER_FAILED_VERIFICATION) kind = ErrorCode::authentication_failed;
  return {kind, curl_easy_strerror(code)};
}

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  const Owned<char> owned(text);
  return text;
}

struct Target {
  bool secure = false;
  bool loopback = false;
};

Result<Target> target_of(const std::string& text) {
  const Owned<CURLU> url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_PATH_AS_IS) != CURLUE_OK) {
    return Error{ErrorCode::invalid_argument, "url"};
  }
  const std::string scheme = part_of(url.get(), CURLUPART_SCHEME);
  const std::string host = part_of(url.get(), CURLUPART_HOST);
  Target target{scheme == "https", host == "127.0.0.1" || host == "localhost" || host == "[::1]"};
  if (!target.secure && scheme != "http") return Error{ErrorCode::invalid_argument, "url scheme"};
  if (!target.secure && !target.loopback) return Error{ErrorCode::refused, "plain http"};
  return target;
}

/// UTF-8 of a password, with a closing zero; a lone surrogate becomes U+FFFD.
SecretBytes utf8_of(const SecretUtf16& text) {
  SecretBytes bytes;
  const auto put = [&bytes](std::uint32_t value) { bytes.push_back(static_cast<std::uint8_t>(value)); };
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::uint32_t point = text[i];
    const bool high = point >= 0xD800 && point < 0xDC00;
    if (high && i + 1 < text.size() && text[i + 1] >= 0xDC00 && text[i + 1] < 0xE000) {
      point = 0x10000 + ((point - 0xD800) << 10U) + (text[++i] - 0xDC00U);
    } else if (point >= 0xD800 && point < 0xE000) {
      point = 0xFFFD;
    }
    if (point < 0x80) {
      put(point);
      continue;
    }
    if (point < 0x800) {
      put(0xC0U | (point >> 6U));
    } else {
      if (point < 0x10000) {
        put(0xE0U | (point >> 12U));
      } else {
        put(0xF0U | (point >> 18U));
        put(0x80U | ((point >> 12U) & 0x3FU));
      }
      put(0x80U | ((point >> 6U) & 0x3FU));
    }
    put(0x80U | (point & 0x3FU));
  }
  put(0);
  return bytes;
}

class CurlHttp final : public Http {
 public:
  CurlHttp(std::optional<HttpProxy> proxy, std::optional<CertificatePin> pin) noexcept
      : proxy_(std::move(proxy)), pin_(pin) {}

  Result<HttpAnswer> send(const HttpRequest& request) noexcept override {
    const Result<Target> target = target_of(request.url);
    if (!target) return target.error();
    Result<Owned<curl_slist>> headers = headers_of(request);
    if (!headers) return headers.error();
    const Owned<CURL> handle(curl_easy_init());
    if (!handle) return Error{ErrorCode::io_failed, "curl"};
    Arriving arriving;
    CURLcode code = configure(handle.get(), request, headers.value().get(), arriving);
    if (code == CURLE_OK) code = configure_way(handle.get(), target.value());
    if (code == CURLE_OK) code = curl_easy_perform(handle.get());
    if (arriving.too_long) return Error{ErrorCode::too_long, "http answer"};
    long from_proxy = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_HTTP_CONNECTCODE, &from_proxy);
    if (from_proxy == proxy_wants_account) return HttpAnswer{proxy_wants_account, {}, {}};
    if (code != CURLE_OK) return failed_on_way(code, from_proxy, target.value());
    long status = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    arriving.answer.status = static_cast<int>(status);
    return std::move(arriving.answer);
  }

 private:
  static Result<Owned<curl_slist>> headers_of(const HttpRequest& request) {
    // What libcurl would add by itself and we do not want.
    std::vector<std::string> lines = {"Expect:"};
    const bool typed = std::any_of(request.headers.begin(), request.headers.end(),
                                   [](const auto& header) { return header.first == "content-type"; });
    if (!typed) lines.emplace_back("Content-Type:");
    for (const auto& [name, value] : request.headers) {
      std::string line = name;
      line.append(": ").append(value);
      if (line.find_first_of("\r\n") != std::string::npos) return Error{ErrorCode::invalid_argument, "header"};
      lines.push_back(std::move(line));
    }
    Owned<curl_slist> list;
    for (const std::string& line : lines) {
      curl_slist* longer = curl_slist_append(list.get(), line.c_str());
      if (longer == nullptr) return Error{ErrorCode::io_failed, "headers"};
      static_cast<void>(list.release());
      list.reset(longer);
    }
    return list;
  }

  static CURLcode configure(CURL* handle, const HttpRequest& request, curl_slist* headers, Arriving& arriving) {
    CURLcode code = CURLE_OK;
    const auto set = [&](CURLoption option, auto value) {
      if (code == CURLE_OK) code = curl_easy_setopt(handle, option, value);
    };
    const auto timeout = static_cast<long>(std::max<std::int64_t>(request.timeout.count(), 1));
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TIMEOUT_MS, timeout);
    set(CURLOPT_USERAGENT, "SystemLog");
    set(CURLOPT_HTTPHEADER, headers);
    set(CURLOPT_WRITEFUNCTION, take_body);
    set(CURLOPT_WRITEDATA, &arriving);
    set(CURLOPT_HEADERFUNCTION, take_header);
    set(CURLOPT_HEADERDATA, &arriving);
    if (request.method != "GET") {
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      set(CURLOPT_POSTFIELDS, request.body.empty() ? "" : reinterpret_cast<const char*>(request.body.data()));
      set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
    return code;
  }

  /// What went wrong between here and the server, and where a proxy is: whether it was that.
  Error failed_on_way(CURLcode code, long from_proxy, const Target& target) const {
    Error error = failed(code);
    if (from_proxy >= 300) error.detail = "the proxy answered " + std::to_string(from_proxy);
    const bool unreached = code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_PROXY;
    if (unreached && proxy_ && !target.loopback) error.detail += " (proxy " + proxy_->server + ")";
    return error;
  }

  /// Proxy and certificates.
  CURLcode configure_way(CURL* handle, const Target& target) {
    CURLcode code = CURLE_OK;
    const auto set = [&](CURLoption option, auto value) {
      if (code == CURLE_OK) code = curl_easy_setopt(handle, option, value);
    };
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (pin_) {
      // The pin names one certificate, so neither its name nor who signed it says more.
      set(CURLOPT_SSL_VERIFYHOST, 0L);
      set(CURLOPT_SSL_CTX_FUNCTION, use_pin);
      set(CURLOPT_SSL_CTX_DATA, &*pin_);
    }
    if (target.loopback) {
      set(CURLOPT_PROXY, "");
    } else if (proxy_) {
      const SecretBytes password = utf8_of(proxy_->password);
      set(CURLOPT_PROXY, proxy_->server.c_str());
      set(CURLOPT_NOPROXY, "");
      if (!proxy_->account.empty()) {
        set(CURLOPT_PROXYAUTH, CURLAUTH_BASIC);
        set(CURLOPT_PROXYUSERNAME, proxy_->account.c_str());
        set(CURLOPT_PROXYPASSWORD, reinterpret_cast<const char*>(password.data()));
      }
    }
    return code;
  }

  std::optional<HttpProxy> proxy_;
  std::optional<CertificatePin> pin_;
};

}  // namespace

Result<std::unique_ptr<Http>> system_http(std::optional<HttpProxy> proxy, std::optional<CertificatePin> pin) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) return failed(started);
  return std::unique_ptr<Http>(std::make_unique<CurlHttp>(std::move(proxy), pin));
}

}  // namespace systemlog
