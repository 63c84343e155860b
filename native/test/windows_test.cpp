// What of the Windows side can be run under Wine. What it would only pretend to do (see the README) is not asked
// here.
#ifdef _WIN32
#include <doctest/doctest.h>

// clang-format off
#include <windows.h>
// clang-format on

#include "platform/http.h"
#include "platform/windows/text.h"
#include "platform/windows/windows_platform.h"
#include "test/fakes/windows_seams.h"
#include "test/support.h"

using namespace systemlog;
using namespace systemlog::test;

TEST_CASE("DPAPI opens what it sealed, for the same purpose") {
  const auto box = windows::machine_secret_box();
  const Bytes sealed = box->seal(bytes_of("vault key"), "one").value();
  CHECK(text_of(box->open(sealed, "one").value()) == "vault key");
  CHECK(box->open(sealed, "two").error().code == ErrorCode::authentication_failed);
  CHECK(box->open(Bytes(40, 1), "one").error().code == ErrorCode::authentication_failed);
}

TEST_CASE("names come back from UTF-16 as they went") {
  for (const std::string text : {"", "tanaka", "田中 太郎", "\xF0\xA0\xAE\xB7"}) {
    CHECK(windows::narrow(windows::wide(text)) == text);
  }
  CHECK(windows::narrow(windows::wide("\xFF")) == "\xEF\xBF\xBD");
}

TEST_CASE("accounts are found by SID, and groups and strangers are not") {
  const auto lookup = windows::account_lookup();
  CHECK_FALSE(lookup->computer_name().empty());
  CHECK(lookup->by_sid("nonsense").error().code == ErrorCode::invalid_argument);
  CHECK(lookup->by_sid("S-1-5-21-9-9-9-9999").error().code == ErrorCode::not_found);
  CHECK(lookup->by_name("no such account").error().code == ErrorCode::not_found);
  CHECK_FALSE(lookup->by_name("Administrators").ok());
}

TEST_CASE("plain http goes to the loopback address only, and a header cannot smuggle another in") {
  const auto http = std::move(system_http(std::nullopt)).value();
  const auto code_of = [&http](const std::string& url, const std::string& header = "x") {
    return http->send({"GET", url, {{"X-Test", header}}, {}, std::chrono::milliseconds(500)}).error().code;
  };
  CHECK(code_of("http://example.org/") == ErrorCode::refused);
  CHECK(code_of("nonsense") == ErrorCode::invalid_argument);
  CHECK(code_of("http://127.0.0.1:9/", "a\r\nHost: b") == ErrorCode::invalid_argument);
  CHECK(code_of("http://127.0.0.1:9/") == ErrorCode::io_failed);
}
#endif
