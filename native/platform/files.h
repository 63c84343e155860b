#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace systemlog {

/// An open file. Not to be used from two threads at once.
class File {
 public:
  virtual ~File() = default;
  /// Reads up to `into.size()` bytes at `offset`; fewer only at the end of the file.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> into) noexcept = 0;
  /// Writes all of `from`, or fails. After a failure the range may hold anything.
  virtual Result<void> write_at(std::uint64_t offset, ByteView from) noexcept = 0;
  /// Returns when what was written will survive a power loss. After a failure nothing is known (the system may have
  /// dropped the pages): the file must be opened and read anew.
  virtual Result<void> flush() noexcept = 0;
  virtual Result<std::uint64_t> size() noexcept = 0;
  /// Grows the file to `size` zero bytes that really lie on the disk, so that writing there cannot meet a full disk.
  virtual Result<void> preallocate(std::uint64_t size) noexcept = 0;
};

/// Held as long as it lives; goes with the process.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

/// Durable file operations. All names are whole paths; nothing here follows a name given by a client.
class Files {
 public:
  enum class Open : std::uint8_t { existing_read_only, existing, create_new };

  virtual ~Files() = default;
  /// `not-found` when an existing one was asked for; `create_new` truncates what is there.
  virtual Result<std::unique_ptr<File>> open(const std::filesystem::path& path, Open mode) noexcept = 0;
  /// Renames over `to` in one step and makes the names durable.
  virtual Result<void> replace(const std::filesystem::path& from, const std::filesystem::path& to) noexcept = 0;
  /// Durable too, so that of two removals the second never outlives the first. What is not there is no failure.
  virtual Result<void> remove(const std::filesystem::path& path) noexcept = 0;
  /// Plain file names in a folder, sorted; empty for a folder that is not there.
  virtual Result<std::vector<std::string>> list(const std::filesystem::path& folder) noexcept = 0;
  virtual Result<void> make_folder(const std::filesystem::path& folder) noexcept = 0;
  /// `locked` when somebody else holds it.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::filesystem::path& path) noexcept = 0;
};

std::unique_ptr<Files> system_files();

/// The whole file, or `too-long`.
Result<SecretBytes> read_whole(Files& files, const std::filesystem::path& path, std::size_t limit);

/// Puts a file with these bytes in the place of what is there, durably and in one step: after a failure the old one
/// is still there, and `<name>.new` may lie beside it until the next time.
Result<void> replace_whole(Files& files, const std::filesystem::path& path, ByteView bytes);

}  // namespace systemlog
