#include "platform/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace systemlog {
namespace {

Error failure(int number, const char* step) {
  ErrorCode code = ErrorCode::io_failed;
  if (number == ENOENT) code = ErrorCode::not_found;
  if (number == ENOSPC || number == EDQUOT) code = ErrorCode::disk_full;
  if (number == EWOULDBLOCK) code = ErrorCode::locked;
  return {code, std::string(step) + ": " + std::generic_category().message(number)};
}

class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const noexcept { return number_; }

 private:
  int number_;
};

class PosixFile final : public File {
 public:
  explicit PosixFile(Descriptor descriptor) noexcept : descriptor_(std::move(descriptor)) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> into) noexcept override {
    std::size_t done = 0;
    while (done < into.size()) {
      const ssize_t got =
          ::pread(descriptor_.number(), into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return failure(errno, "read");
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  Result<void> write_at(std::uint64_t offset, ByteView from) noexcept override {
    std::size_t done = 0;
    while (done < from.size()) {
      const ssize_t put =
          ::pwrite(descriptor_.number(), from.data() + done, from.size() - done, static_cast<off_t>(offset + done));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return failure(errno, "write");
      done += static_cast<std::size_t>(put);
    }
    return {};
  }

  Result<void> flush() noexcept override {
    if (::fdatasync(descriptor_.number()) != 0) return failure(errno, "flush");
    return {};
  }

  Result<std::uint64_t> size() noexcept override {
    struct stat found {};
    if (::fstat(descriptor_.number(), &found) != 0) return failure(errno, "size");
    return static_cast<std::uint64_t>(found.st_size);
  }

  Result<void> preallocate(std::uint64_t size) noexcept override {
    const Result<std::uint64_t> before = this->size();
    if (!before) return before.error();
    if (before.value() >= size) return {};
    const int number = ::posix_fallocate(descriptor_.number(), 0, static_cast<off_t>(size));
    if (number != 0) return failure(number, "preallocate");
    // Written for real: a first write into merely reserved blocks changes metadata and makes every flush dearer.
    constexpr std::array<std::uint8_t, 65536> zeros{};
    for (std::uint64_t at = before.value(); at < size; at += zeros.size()) {
      const std::size_t part = static_cast<std::size_t>(std::min<std::uint64_t>(zeros.size(), size - at));
      if (Result<void> written = write_at(at, ByteView(zeros).first(part)); !written) return written;
    }
    return flush();
  }

 private:
  Descriptor descriptor_;
};

class PosixLock final : public FileLock {
 public:
  explicit PosixLock(Descriptor descriptor) noexcept : descriptor_(std::move(descriptor)) {}

 private:
  Descriptor descriptor_;
};

Result<void> flush_folder(const std::filesystem::path& folder) {
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.number() < 0 || ::fsync(descriptor.number()) != 0) return failure(errno, "flush folder");
  return {};
}

class PosixFiles final : public Files {
 public:
  Result<std::unique_ptr<File>> open(const std::filesystem::path& path, Open mode) noexcept override {
    int flags = O_CLOEXEC | O_NOFOLLOW;
    if (mode == Open::existing_read_only) flags |= O_RDONLY;
    if (mode == Open::existing) flags |= O_RDWR;
    if (mode == Open::create_new) flags |= O_RDWR | O_CREAT | O_TRUNC;
    Descriptor descriptor(::open(path.c_str(), flags, 0600));
    if (descriptor.number() < 0) return failure(errno, "open");
    if (mode == Open::create_new) {
      if (Result<void> named = flush_folder(path.parent_path()); !named) return named.error();
    }
    return std::unique_ptr<File>(std::make_unique<PosixFile>(std::move(descriptor)));
  }

  Result<void> replace(const std::filesystem::path& from, const std::filesystem::path& to) noexcept override {
    if (::rename(from.c_str(), to.c_str()) != 0) return failure(errno, "rename");
    return flush_folder(to.parent_path());
  }

  Result<void> remove(const std::filesystem::path& path) noexcept override {
    if (::unlink(path.c_str()) != 0) {
      if (errno == ENOENT) return {};
      return failure(errno, "remove");
    }
    return flush_folder(path.parent_path());
  }

  Result<std::vector<std::string>> list(const std::filesystem::path& folder) noexcept override {
    std::vector<std::string> names;
    std::error_code problem;
    std::filesystem::directory_iterator entries(folder, problem);
    if (problem == std::errc::no_such_file_or_directory) return names;
    while (!problem && entries != std::filesystem::directory_iterator()) {
      names.push_back(entries->path().filename().string());
      entries.increment(problem);
    }
    if (problem) return failure(problem.value(), "list");
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<void> make_folder(const std::filesystem::path& folder) noexcept override {
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return failure(errno, "make folder");
    return flush_folder(folder.parent_path());
  }

  Result<std::unique_ptr<FileLock>> lock(const std::filesystem::path& path) noexcept override {
    Descriptor descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (descriptor.number() < 0) return failure(errno, "open lock");
    if (::flock(descriptor.number(), LOCK_EX | LOCK_NB) != 0) return failure(errno, "lock");
    return std::unique_ptr<FileLock>(std::make_unique<PosixLock>(std::move(descriptor)));
  }
};

}  // namespace

std::unique_ptr<Files> system_files() {
  return std::make_unique<PosixFiles>();
}

}  // namespace systemlog
