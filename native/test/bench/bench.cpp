// Prints figures, each beside the raw limit measured in the same run: bench [records]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>

#include "core/code_verifier.h"
#include "core/contract_json.h"
#include "core/journal.h"
#include "core/logon_desk.h"
#include "core/vault.h"
#include "test/fakes/logon_server.h"
#include "test/support.h"

using namespace systemlog;
using namespace systemlog::test;

namespace {

using Steady = std::chrono::steady_clock;

double seconds_of(const std::function<void()>& work) {
  const auto begin = Steady::now();
  work();
  return std::chrono::duration<double>(Steady::now() - begin).count();
}

/// Repeats until a second has passed; repetitions per second.
double per_second(const std::function<void()>& work) {
  const auto begin = Steady::now();
  double done = 0;
  double passed = 0;
  while (passed < 1.0) {
    for (int i = 0; i < 8; ++i) work();
    done += 8;
    passed = std::chrono::duration<double>(Steady::now() - begin).count();
  }
  return done / passed;
}

void or_die(bool ok) {
  if (!ok) std::abort();
}

std::string record(std::uint64_t sequence) {
  SessionEvent event;
  event.id = "0190a6f0-7c00-7000-8000-000000000001";
  event.device = std::string(43, 'd');
  event.journal = "6f1c9f4e-7a53-4d0c-9c1e-0d3b1f7a2b11";
  event.sequence = sequence;
  event.kind = "unlock";
  event.time_zone = "Asia/Tokyo";
  event.account = EventAccount{"S-1-5-21-1004336348-1177238915-682003330-1001", "PC-0001", "tanaka"};
  event.session = "0190a6f0-7c00-7000-8000-00000000abcd";
  event.auth_method = "otp+password";
  return write_event(event);
}

void bench_codes(Bench& bench) {
  const Bytes secret(20, 1);
  const double raw = per_second([&] {
    OtpGenerator generator = std::move(OtpGenerator::create(secret, {})).value();
    or_die(generator.find({123'456, 6}, 1000, 1002).ok());
  });
  std::printf("otp        three steps compared            %10.0f /s\n", raw);

  AttemptStore store = std::move(AttemptStore::open(bench.files, *bench.box, bench.random, bench.folder / "attempts",
                                                    bench.clock.read()))
                           .value();
  CodeVerifier verifier(store, bench.clock);
  OtpGenerator generator = std::move(OtpGenerator::create(secret, {})).value();
  const double checked = per_second([&] {
    bench.clock.pass(120'000);
    const std::string code = text_of(generator.code(step_at(bench.clock.read().wall_ms, 30)).value());
    or_die(verifier.check({1, 1, 1, "S-1-5-21-1-2-3-1"}, secret, {}, code).lets_in());
  });
  std::printf("otp        accepted, use written down       %10.0f /s   (%.2f ms each)\n", checked, 1000 / checked);
  const double missed = per_second([&] {
    bench.clock.pass(1'000'000);
    static_cast<void>(verifier.check({1, 1, 1, "S-1-5-21-1-2-3-2"}, secret, {}, "000000"));
    or_die(store.save("S-1-5-21-1-2-3-2", {}).ok());
  });
  std::printf("otp        wrong, with clock diagnosis      %10.0f /s   (%.2f ms each)\n", missed, 1000 / missed);
}

/// The same number of bytes appended to a preallocated file and flushed, without any of our format.
double raw_appends(Bench& bench, std::size_t bytes) {
  auto file = std::move(bench.real->open(bench.folder / "raw", Files::Open::create_new)).value();
  or_die(file->preallocate(std::uint64_t{64} * 1024 * 1024).ok());
  const Bytes block(bytes, 'x');
  std::uint64_t offset = 0;
  return per_second([&] {
    or_die(file->write_at(offset, block).ok());
    or_die(file->flush().ok());
    offset = (offset + bytes) % (std::uint64_t{60} * 1024 * 1024);
  });
}

/// Files that do not wait for the disk, to lay down a large journal in bearable time.
class UnflushedFile final : public File {
 public:
  explicit UnflushedFile(std::unique_ptr<File> real) noexcept : real_(std::move(real)) {}
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> into) noexcept override {
    return real_->read_at(offset, into);
  }
  Result<void> write_at(std::uint64_t offset, ByteView from) noexcept override {
    return real_->write_at(offset, from);
  }
  Result<void> flush() noexcept override { return {}; }
  Result<std::uint64_t> size() noexcept override { return real_->size(); }
  Result<void> preallocate(std::uint64_t size) noexcept override { return real_->preallocate(size); }

 private:
  std::unique_ptr<File> real_;
};

class UnflushedFiles final : public Files {
 public:
  explicit UnflushedFiles(Files& real) noexcept : real_(&real) {}
  Result<std::unique_ptr<File>> open(const std::filesystem::path& path, Open mode) noexcept override {
    Result<std::unique_ptr<File>> file = real_->open(path, mode);
    if (!file) return file.error();
    return std::unique_ptr<File>(std::make_unique<UnflushedFile>(std::move(file).value()));
  }
  Result<void> replace(const std::filesystem::path& from, const std::filesystem::path& to) noexcept override {
    return real_->replace(from, to);
  }
  Result<void> remove(const std::filesystem::path& path) noexcept override { return real_->remove(path); }
  Result<std::vector<std::string>> list(const std::filesystem::path& folder) noexcept override {
    return real_->list(folder);
  }
  Result<void> make_folder(const std::filesystem::path& folder) noexcept override {
    return real_->make_folder(folder);
  }
  Result<std::unique_ptr<FileLock>> lock(const std::filesystem::path& path) noexcept override {
    return real_->lock(path);
  }

 private:
  Files* real_;
};

void bench_journal(Bench& bench, std::uint64_t records) {
  const std::string id = "6f1c9f4e-7a53-4d0c-9c1e-0d3b1f7a2b11";
  const Bytes secret(32, 1);
  const std::size_t frame = journal_format::frame_header_bytes + record(1).size();
  const double raw = raw_appends(bench, frame);
  double ours = 0;
  {
    Journal journal =
        std::move(Journal::create(*bench.real, bench.folder / "appended", id, "device", secret)).value();
    ours = per_second([&] { or_die(journal.append(record(journal.head_sequence() + 1)).ok()); });
  }
  std::printf("journal    append, flushed, %4zu bytes       %10.0f /s   raw write+flush %.0f /s   ratio %.2f\n",
              frame, ours, raw, ours / raw);

  const std::filesystem::path large = bench.folder / "large";
  {
    UnflushedFiles unflushed(*bench.real);
    Journal journal = std::move(Journal::create(unflushed, large, id, "device", secret)).value();
    for (std::uint64_t i = 0; i < records; ++i) or_die(journal.append(record(i + 1)).ok());
  }
  std::uintmax_t size = 0;
  for (const auto& entry : std::filesystem::directory_iterator(large)) size += entry.file_size();
  std::optional<Journal> journal;
  const double opened =
      seconds_of([&] { journal.emplace(std::move(Journal::open(*bench.real, large, "device", secret)).value()); });
  or_die(journal->head_sequence() == records);
  std::printf("journal    %llu records opened       %10.1f ms  %.0f MB, %.0f bytes a record\n",
              static_cast<unsigned long long>(records), opened * 1000, static_cast<double>(size) / 1e6,
              static_cast<double>(size) / static_cast<double>(records));
  const double first_page =
      seconds_of([&] { or_die(journal->read(records / 2, 500).value().records.size() == 500); });
  const double next_page =
      seconds_of([&] { or_die(journal->read(records / 2 + 500, 500).value().records.size() == 500); });
  std::printf("journal    500 records from the middle      %10.1f ms, the next 500 %.1f ms\n", first_page * 1000,
              next_page * 1000);
  const double verified = seconds_of([&] { or_die(journal->verify().value() == records); });
  std::printf("journal    every record verified            %10.0f /s\n", static_cast<double>(records) / verified);
}

void bench_vault(Bench& bench) {
  VaultContent content;
  for (int i = 0; i < 20; ++i) {
    VaultAccount account;
    account.otp_secret.assign(20, 1);
    account.recovery = make_recovery_codes(bench.random, 10).value().set;
    content.accounts["S-1-5-21-1-2-3-" + std::to_string(1000 + i)] = account;
  }
  std::filesystem::create_directories(bench.folder / "vault");
  Vault vault = std::move(Vault::open(*bench.real, *bench.box, bench.random, bench.folder / "vault", 0)).value();
  const double saved = per_second([&] { or_die(vault.save(content).ok()); });
  const double opened =
      per_second([&] { or_die(Vault::open(*bench.real, *bench.box, bench.random, bench.folder / "vault", 0).ok()); });
  std::printf("vault      20 accounts saved, %.2f ms; opened, %.2f ms; %zu bytes\n", 1000 / saved, 1000 / opened,
              write_vault_content(content).size());
}

/// A PC with twenty accounts; one of them signs in with a code.
void bench_desk(Bench& bench) {
  LogonServer server;
  for (int i = 0; i < 20; ++i) {
    ServerAccount& account = server.accounts["S-1-5-21-1-2-3-" + std::to_string(1000 + i)];
    account.recovery = make_recovery_codes(bench.random, 10).value().set;
  }
  LogonDesk desk = std::move(LogonDesk::open(*bench.real, *bench.box, bench.random, bench.clock,
                                             bench.folder / "desk", server.device, server.device_secret))
                       .value();
  const std::string sid = "S-1-5-21-1-2-3-1000";
  or_die(desk.take_policy(server.policy(bench.clock.read().wall_ms)).ok());
  or_die(desk.take_secret(sid, server.released(sid, bench.clock.read().wall_ms)).ok());
  OtpGenerator generator = std::move(OtpGenerator::create(server.accounts.at(sid).secret, {})).value();
  const SignIn rehearsal{.attempt = {1, 1, 1, sid}, .rehearsal = true};
  const double raw = raw_appends(bench, 4096);
  const double answered = per_second([&] {
    bench.clock.pass(120'000);
    const std::string code = text_of(generator.code(step_at(bench.clock.read().wall_ms, 30)).value());
    or_die(desk.answer(rehearsal, {}, {.has_password = true, .code = code}).granted);
  });
  std::printf("desk       right code, use written down      %10.0f /s   (%.2f ms each)   raw write+flush %.0f /s\n",
              answered, 1000 / answered, raw);
}

}  // namespace

int main(int argc, char** argv) {
  Bench bench;
  const std::uint64_t records = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  bench_codes(bench);
  bench_vault(bench);
  bench_desk(bench);
  bench_journal(bench, records);
  return 0;
}
