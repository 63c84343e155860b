// What the tests share: a folder of their own, whole files, and the pieces most of them need.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "platform/file_secret_box.h"
#include "platform/files.h"
#include "test/fakes/clock.h"
#include "test/fakes/files.h"
#include "test/fakes/random.h"

namespace systemlog::test {

/// A fresh folder, gone at the end.
class Folder {
 public:
  Folder() {
    static int count = 0;
    const auto random = system_random();
    std::array<std::uint8_t, 6> bytes{};
    if (!random->fill(bytes)) std::abort();
    path_ = std::filesystem::temp_directory_path() / ("systemlog-" + base32(bytes) + std::to_string(count++));
    std::filesystem::create_directories(path_);
  }
  explicit Folder(std::filesystem::path path) : path_(std::move(path)) { std::filesystem::create_directories(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  Folder(Folder&&) = delete;
  Folder& operator=(Folder&&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const noexcept { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline Bytes slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  Bytes bytes(static_cast<std::size_t>(std::filesystem::file_size(path)));
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

inline void spit(const std::filesystem::path& path, ByteView bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

/// What is said of a result that should have been a success; also looked at when it is one and all checks are listed.
template <typename T>
std::string problem(const Result<T>& result) {
  return result ? std::string() : result.error().detail;
}

/// Changes part of a file in place.
inline void overwrite(const std::filesystem::path& path, std::size_t offset, ByteView bytes) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(offset));
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

/// A pipe's name that nobody else uses.
inline std::string test_pipe(const Folder& folder, std::string_view name) {
#ifdef _WIN32
  return "\\\\.\\pipe\\systemlog-test-" + folder.path().filename().string() + std::string(name);
#else
  return (folder / name).string();
#endif
}

/// Files (that can be made to fail), random bytes, a clock and a secret box in a folder.
struct Bench {
  Folder folder;
  std::unique_ptr<Files> real = system_files();
  FaultyFiles files{*real};
  SeededRandom random;
  FakeClock clock;
  std::unique_ptr<SecretBox> box = std::move(file_secret_box(*real, random, folder / "key")).value();
};

}  // namespace systemlog::test
