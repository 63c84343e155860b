#include "platform/files.h"

namespace systemlog {

Result<SecretBytes> read_whole(Files& files, const std::filesystem::path& path, std::size_t limit) {
  Result<std::unique_ptr<File>> file = files.open(path, Files::Open::existing_read_only);
  if (!file) return file.error();
  const Result<std::uint64_t> size = file.value()->size();
  if (!size) return size.error();
  if (size.value() > limit) return Error{ErrorCode::too_long, path.filename().string()};
  SecretBytes bytes(static_cast<std::size_t>(size.value()));
  const Result<std::size_t> got = file.value()->read_at(0, bytes);
  if (!got) return got.error();
  bytes.resize(got.value());
  return bytes;
}

Result<void> replace_whole(Files& files, const std::filesystem::path& path, ByteView bytes) {
  std::filesystem::path beside = path;
  beside += ".new";
  {
    Result<std::unique_ptr<File>> file = files.open(beside, Files::Open::create_new);
    if (!file) return file.error();
    if (Result<void> written = file.value()->write_at(0, bytes); !written) return written;
    if (Result<void> flushed = file.value()->flush(); !flushed) return flushed;
  }
  return files.replace(beside, path);
}

}  // namespace systemlog
