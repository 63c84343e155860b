#include <doctest/doctest.h>

#include <map>

#include "core/otp.h"

using namespace systemlog;

namespace {

OtpGenerator generator(std::string_view secret, OtpParameters parameters) {
  return std::move(OtpGenerator::create(bytes_of(secret), parameters)).value();
}

std::string code_at(OtpGenerator& codes, std::uint64_t counter) {
  return text_of(codes.code(counter).value());
}

const std::string seed20 = "12345678901234567890";
const std::string seed32 = "12345678901234567890123456789012";
const std::string seed64 = "1234567890123456789012345678901234567890123456789012345678901234";

}  // namespace

TEST_CASE("HOTP gives the codes of RFC 4226, appendix D") {
  const std::string expected[] = {"755224", "287082", "359152", "969429", "338314",
                                  "254676", "287922", "162583", "399871", "520489"};
  OtpGenerator codes = generator(seed20, {});
  for (std::uint64_t counter = 0; counter < 10; ++counter) CHECK(code_at(codes, counter) == expected[counter]);
}

TEST_CASE("TOTP gives the codes of RFC 6238, appendix B") {
  struct Row {
    std::int64_t seconds;
    std::string sha1, sha256, sha512;
  };
  const Row rows[] = {
      {59, "94287082", "46119246", "90693936"},         {1111111109, "07081804", "68084774", "25091201"},
      {1111111111, "14050471", "67062674", "99943326"}, {1234567890, "89005924", "91819424", "93441116"},
      {2000000000, "69279037", "90698825", "38618901"}, {20000000000, "65353130", "77737706", "47863826"},
  };
  OtpGenerator sha1 = generator(seed20, {crypto::Hash::sha1, 8, 30});
  OtpGenerator sha256 = generator(seed32, {crypto::Hash::sha256, 8, 30});
  OtpGenerator sha512 = generator(seed64, {crypto::Hash::sha512, 8, 30});
  for (const Row& row : rows) {
    const TimeStep step = step_at(row.seconds * 1000, 30);
    CHECK(code_at(sha1, step) == row.sha1);
    CHECK(code_at(sha256, step) == row.sha256);
    CHECK(code_at(sha512, step) == row.sha512);
  }
}

TEST_CASE("only known parameters make a generator") {
  const auto made = [](OtpParameters parameters) { return OtpGenerator::create(bytes_of(seed20), parameters).ok(); };
  CHECK(made({crypto::Hash::sha1, 6, 30}));
  CHECK(made({crypto::Hash::sha512, 8, 60}));
  CHECK_FALSE(made({crypto::Hash::sha1, 7, 30}));
  CHECK_FALSE(made({crypto::Hash::sha1, 0, 30}));
  CHECK_FALSE(made({crypto::Hash::sha1, 6, 0}));
  CHECK_FALSE(made({crypto::Hash::sha1, 6, 31}));
  CHECK_FALSE(OtpGenerator::create({}, {}).ok());
}

TEST_CASE("find gives the last step of a range that has the code") {
  OtpGenerator codes = generator(seed20, {});
  const OtpCode code = codes.code(100).value();
  CHECK(codes.find(code, 99, 101).value() == std::optional<TimeStep>(100));
  CHECK(codes.find(code, 100, 100).value() == std::optional<TimeStep>(100));
  CHECK(codes.find(code, 101, 102).value() == std::nullopt);
  CHECK(codes.find(code, 98, 99).value() == std::nullopt);
  CHECK(codes.find({code.value, 8}, 99, 101).value() == std::nullopt);
  // A code that comes twice within a range: the later one counts, so that the earlier cannot be used after it.
  std::map<std::uint32_t, TimeStep> seen;
  for (TimeStep step = 0; step < 3000; ++step) {
    const OtpCode at = codes.code(step).value();
    const auto [before, fresh] = seen.try_emplace(at.value, step);
    if (fresh) continue;
    CHECK(codes.find(at, before->second, step).value() == std::optional<TimeStep>(step));
    return;
  }
  FAIL("no collision among 3000 codes");
}

TEST_CASE("steps begin at the epoch and every whole period") {
  CHECK(step_at(0, 30) == 0);
  CHECK(step_at(29'999, 30) == 0);
  CHECK(step_at(30'000, 30) == 1);
  CHECK(step_at(59'999, 60) == 0);
  CHECK(step_at(-1, 30) == 0);
}

TEST_CASE("a code is read as people type it") {
  const auto read = [](std::string_view typed, unsigned digits = 6) -> std::string {
    const std::optional<OtpCode> code = parse_code(typed, digits);
    return code ? text_of(*code) : "none";
  };
  CHECK(read("012345") == "012345");
  CHECK(read(" 012 345 ") == "012345");
  CHECK(read("012-345") == "012345");
  CHECK(read("０１２３４５") == "012345");
  CHECK(read("０１２　345") == "012345");
  CHECK(read("01234567", 8) == "01234567");
  CHECK(read("") == "none");
  CHECK(read("01234") == "none");
  CHECK(read("0123456") == "none");
  CHECK(read("01234a") == "none");
  CHECK(read("+12345") == "none");
  CHECK(read("\xEF\xBC") == "none");
  CHECK(read("99999999999999999999") == "none");
}

TEST_CASE("an otpauth text is read back as it was written") {
  OtpAuth made;
  made.issuer = "システムログ & Co";
  made.account = "田中 太郎@例え.jp";
  made.secret.assign(seed32.begin(), seed32.end());
  made.parameters = {crypto::Hash::sha256, 8, 60};
  const SecretBytes uri = otpauth_uri(made);
  const Result<OtpAuth> read = parse_otpauth(text_of(uri));
  REQUIRE(read.ok());
  CHECK(read.value().issuer == made.issuer);
  CHECK(read.value().account == made.account);
  CHECK(read.value().secret == made.secret);
  CHECK(read.value().parameters == made.parameters);
}

TEST_CASE("an otpauth text of the usual kind has the usual form") {
  OtpAuth made;
  made.issuer = "SystemLog";
  made.account = "tanaka";
  made.secret.assign(seed20.begin(), seed20.end());
  CHECK(std::string(text_of(otpauth_uri(made))) ==
        "otpauth://totp/SystemLog:tanaka?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=SystemLog&algorithm=SHA1"
        "&digits=6&period=30");
}

TEST_CASE("otpauth texts from elsewhere are read, or refused with a reason") {
  const auto code_of = [](std::string_view uri) {
    const Result<OtpAuth> read = parse_otpauth(uri);
    return read ? std::string_view("ok") : name(read.error().code);
  };
  CHECK(code_of("otpauth://totp/a?secret=ge2dgnbv&unknown=1") == "ok");
  CHECK(code_of("otpauth://totp/a%3Ab?secret=GE2DGNBV==") == "ok");
  CHECK(code_of("otpauth://hotp/a?secret=GE2DGNBV&counter=1") == "unsupported");
  CHECK(code_of("otpauth://totp/a?secret=GE2DGNBV&digits=7") == "unsupported");
  CHECK(code_of("otpauth://totp/a?secret=GE2DGNBV&period=0") == "unsupported");
  CHECK(code_of("otpauth://totp/a?secret=GE2DGNBV&algorithm=MD5") == "malformed");
  CHECK(code_of("otpauth://totp/a?secret=GE2DGNB1") == "malformed");
  CHECK(code_of("otpauth://totp/a?issuer=x") == "malformed");
  CHECK(code_of("otpauth://totp/a%4?secret=GE2DGNBV") == "malformed");
  CHECK(code_of("otpauth://totp/a") == "malformed");
  CHECK(code_of("https://example.org") == "malformed");
  CHECK(code_of("otpauth://totp/" + std::string(3000, 'a')) == "too-long");
}
