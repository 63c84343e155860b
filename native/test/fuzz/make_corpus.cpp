// Writes the seeds of the corpus: make_corpus <folder>. Run by hand when a format changes.
#include <cstdio>

#include "core/attempt_store.h"
#include "core/auth_frames.h"
#include "core/contract_json.h"
#include "core/journal_format.h"
#include "core/logon_blob.h"
#include "core/vault.h"
#include "test/fakes/logon_server.h"
#include "test/support.h"

using namespace systemlog;
using namespace systemlog::test;

namespace {

void seed(const std::filesystem::path& folder, const char* target, const char* name, ByteView bytes) {
  std::filesystem::create_directories(folder / target);
  spit(folder / target / name, bytes);
}

Bytes journal() {
  crypto::Hmac key = std::move(crypto::Hmac::create(crypto::Hash::sha256, bytes_of("key"))).value();
  const journal_format::SegmentHeader header{1, 1, {}, "6f1c9f4e-7a53-4d0c-9c1e-0d3b1f7a2b11"};
  Bytes bytes = journal_format::write_segment_header(header);
  journal_format::Mac mac{};
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
    const std::string record = R"({"sequence":)" + std::to_string(sequence) + "}";
    mac = journal_format::record_mac(key, mac, record).value();
    const Bytes frame = journal_format::write_frame({sequence, mac, record});
    bytes.insert(bytes.end(), frame.begin(), frame.end());
  }
  bytes.resize(bytes.size() + 64);
  return bytes;
}

SecretBytes vault() {
  SeededRandom random;
  VaultContent content;
  content.rules.break_glass_sids = {"S-1-5-21-1-2-3-500"};
  VaultAccount account;
  account.credential = "0190a6f0-7c00-7000-8000-000000000001";
  account.methods = Methods::otp;
  account.otp_secret.assign(20, 1);
  account.recovery = make_recovery_codes(random, 2).value().set;
  account.sealed_password = {1, 2, 3};
  content.accounts["S-1-5-21-1-2-3-1001"] = account;
  return write_vault_content(content);
}

SecretBytes book() {
  AttemptBook book;
  book.vouched = VouchedTime{1'700'000'000'000, {}};
  AccountAttempts account;
  account.credential = "0190a6f0-7c00-7000-8000-000000000001";
  account.last_accepted_step = 56'666'666;
  account.burned_recovery_codes = {{1}};
  book.accounts["S-1-5-21-1-2-3-1001"] = account;
  return write_book(book);
}

Bytes utf16(std::u16string_view text) {
  Bytes bytes;
  for (const char16_t unit : text) {
    bytes.push_back(static_cast<std::uint8_t>(unit));
    bytes.push_back(static_cast<std::uint8_t>(unit >> 8));
  }
  return bytes;
}

/// A server with one account that has everything.
LogonServer server() {
  LogonServer server;
  SeededRandom random;
  server.break_glass_sids = {"S-1-5-21-1-2-3-500"};
  ServerAccount& account = server.accounts["S-1-5-21-1-2-3-1001"];
  account.recovery = make_recovery_codes(random, 2).value().set;
  account.used_recovery_codes = {1};
  account.last_accepted_step = 56'666'666;
  return server;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path folder = argv[1];
  const SecretUtf16 password(4, u'p');
  const Bytes whole = journal();
  seed(folder, "journal", "three-records", whole);
  seed(folder, "journal", "torn", ByteView(whole).first(whole.size() - 100));
  seed(folder, "vault", "content", vault());
  seed(folder, "vault", "book", book());
  seed(folder, "blob", "logon", pack_logon_blob(LogonMessage::interactive_logon, u"PC", u"tanaka", password).value());
  seed(folder, "blob", "unlock", pack_logon_blob(LogonMessage::workstation_unlock, u"", u"", {}).value());
  seed(folder, "names", "local", utf16(u".\\tanaka"));
  seed(folder, "names", "upn", utf16(u"tanaka@corp.example"));
  seed(folder, "names", "spaces", utf16(u" CORP\\田中 太郎 "));
  seed(folder, "text", "otpauth",
       bytes_of("otpauth://totp/a%20b:c?secret=GEZDGNBVGY3TQOJQ&issuer=x&algorithm=SHA256&digits=8&period=60"));
  seed(folder, "text", "record", bytes_of(write_event(SessionEvent{})));
  seed(folder, "text", "receipt",
       bytes_of(R"({"device":"d","journal":"j","throughSequence":3,"mac":")" + std::string(43, 'A') + R"("})"));
  seed(folder, "answers", "nonce",
       bytes_of(R"({"nonce":"AAAAAAAAAAAAAAAAAAAAAAAA","expiresAt":"2026-06-01T00:01:00.000Z"})"));
  seed(folder, "answers", "upload",
       bytes_of(R"({"verdicts":[{"status":"stored"},{"status":"refused","code":"chain-broken"}],"receipts":[)" +
                std::string(R"({"device":"d","journal":"j","throughSequence":3,"mac":")") + std::string(43, 'A') +
                R"("}]})"));
  seed(folder, "answers", "registered",
       bytes_of(R"({"device":"d","company":{"code":"abc","name":"A"},"role":"client"})"));
  seed(folder, "answers", "report", bytes_of(R"({"policyVersion":")" + std::string(43, 'A') + R"("})"));
  seed(folder, "answers", "problem",
       bytes_of(R"({"type":"urn:x","title":"no","status":429,"code":"too-many-requests","detail":"x"})"));
  seed(folder, "answers", "origin", bytes_of("https://systemlog.example:8443/"));
  seed(folder, "text", "recovery-code", bytes_of("7KQ2-M9XD-0000-1111"));
  constexpr std::int64_t now_ms = 1'700'000'000'000;
  seed(folder, "policy", "current", bytes_of(server().policy(now_ms)));
  seed(folder, "policy", "unchanged", bytes_of(server().unchanged(now_ms)));
  seed(folder, "policy", "secret", bytes_of(server().released("S-1-5-21-1-2-3-1001", now_ms)));
  auth::TileAnswer answer;
  answer.question.decision.factors = {Factor::otp, Factor::password};
  const auth::TileAnswers answers{.about = {.sid = "S-1-5-21-1-2-3-1001"},
                                  .answers = {.has_password = true, .code = "123456"}};
  seed(folder, "auth_frames", "question", auth::write_frame(auth::Request(answers.about)));
  seed(folder, "auth_frames", "answers", auth::write_frame(auth::Request(answers)));
  seed(folder, "auth_frames", "result",
       auth::write_frame(auth::Request(auth::PasswordResult{"S-1-5-18", true, {'p', 'w'}})));
  seed(folder, "auth_frames", "decision", auth::write_frame(auth::Response(answer)));
  seed(folder, "auth_frames", "verdict", auth::write_frame(auth::Response(auth::TileVerdict{})));
  seed(folder, "auth_frames", "failure", auth::write_frame(auth::Response(auth::Failure{})));
  return 0;
}
