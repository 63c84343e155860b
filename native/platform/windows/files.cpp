#include "platform/files.h"

#include <algorithm>
#include <array>

#include "platform/windows/handle.h"
#include "platform/windows/text.h"

namespace systemlog {
namespace {

using windows::failure;
using windows::Handle;

OVERLAPPED position(std::uint64_t offset) noexcept {
  OVERLAPPED at{};
  at.Offset = static_cast<DWORD>(offset);
  at.OffsetHigh = static_cast<DWORD>(offset >> 32U);
  return at;
}

constexpr std::size_t longest_transfer = std::size_t{1} << 20U;

class WindowsFile final : public File {
 public:
  explicit WindowsFile(Handle handle) noexcept : handle_(std::move(handle)) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> into) noexcept override {
    std::size_t done = 0;
    while (done < into.size()) {
      OVERLAPPED at = position(offset + done);
      DWORD got = 0;
      const auto wanted = static_cast<DWORD>(std::min(longest_transfer, into.size() - done));
      if (ReadFile(handle_.get(), into.data() + done, wanted, &got, &at) == 0) {
        if (GetLastError() == ERROR_HANDLE_EOF) break;
        return failure("read");
      }
      if (got == 0) break;
      done += got;
    }
    return done;
  }

  Result<void> write_at(std::uint64_t offset, ByteView from) noexcept override {
    std::size_t done = 0;
    while (done < from.size()) {
      OVERLAPPED at = position(offset + done);
      DWORD put = 0;
      const auto wanted = static_cast<DWORD>(std::min(longest_transfer, from.size() - done));
      if (WriteFile(handle_.get(), from.data() + done, wanted, &put, &at) == 0) return failure("write");
      done += put;
    }
    return {};
  }

  Result<void> flush() noexcept override {
    if (FlushFileBuffers(handle_.get()) == 0) return failure("flush");
    return {};
  }

  Result<std::uint64_t> size() noexcept override {
    LARGE_INTEGER size{};
    if (GetFileSizeEx(handle_.get(), &size) == 0) return failure("size");
    return static_cast<std::uint64_t>(size.QuadPart);
  }

  /// Zeros are written for real. SetFileValidData would be quicker, but shows whatever lay on the disk before, and
  /// needs a privilege.
  Result<void> preallocate(std::uint64_t size) noexcept override {
    const Result<std::uint64_t> before = this->size();
    if (!before) return before.error();
    if (before.value() >= size) return {};
    // Asks for the clusters first, so that a full disk is met before anything is written.
    FILE_ALLOCATION_INFO allocation{};
    allocation.AllocationSize.QuadPart = static_cast<LONGLONG>(size);
    if (SetFileInformationByHandle(handle_.get(), FileAllocationInfo, &allocation, sizeof allocation) == 0 &&
        GetLastError() == ERROR_DISK_FULL) {
      return failure("preallocate");
    }
    constexpr std::array<std::uint8_t, 65536> zeros{};
    for (std::uint64_t at = before.value(); at < size; at += zeros.size()) {
      const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(zeros.size(), size - at));
      if (Result<void> written = write_at(at, ByteView(zeros).first(part)); !written) return written;
    }
    return flush();
  }

 private:
  Handle handle_;
};

class WindowsLock final : public FileLock {
 public:
  explicit WindowsLock(Handle handle) noexcept : handle_(std::move(handle)) {}

 private:
  Handle handle_;
};

/// A reparse point could lead out of our folder: opened as itself it is then refused.
Result<Handle> open_plain(const std::filesystem::path& path, DWORD access, DWORD share, DWORD disposition) {
  Handle handle(CreateFileW(path.c_str(), access, share, nullptr, disposition,
                            FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, nullptr));
  if (!handle) return failure("open");
  FILE_ATTRIBUTE_TAG_INFO attributes{};
  if (GetFileInformationByHandleEx(handle.get(), FileAttributeTagInfo, &attributes, sizeof attributes) != 0 &&
      (attributes.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0) {
    return Error{ErrorCode::refused, "reparse point"};
  }
  return handle;
}

class WindowsFiles final : public Files {
 public:
  Result<std::unique_ptr<File>> open(const std::filesystem::path& path, Open mode) noexcept override {
    const DWORD access = mode == Open::existing_read_only ? GENERIC_READ : GENERIC_READ | GENERIC_WRITE;
    const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    Result<Handle> handle = open_plain(path, access, share, mode == Open::create_new ? CREATE_ALWAYS : OPEN_EXISTING);
    if (!handle) return handle.error();
    return std::unique_ptr<File>(std::make_unique<WindowsFile>(std::move(handle).value()));
  }

  Result<void> replace(const std::filesystem::path& from, const std::filesystem::path& to) noexcept override {
    if (MoveFileExW(from.c_str(), to.c_str(), MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) == 0) {
      return failure("rename");
    }
    return {};
  }

  Result<void> remove(const std::filesystem::path& path) noexcept override {
    if (DeleteFileW(path.c_str()) == 0 && GetLastError() != ERROR_FILE_NOT_FOUND) return failure("remove");
    return {};
  }

  Result<std::vector<std::string>> list(const std::filesystem::path& folder) noexcept override {
    std::vector<std::string> names;
    WIN32_FIND_DATAW found{};
    const std::filesystem::path pattern = folder / L"*";
    const HANDLE search = FindFirstFileW(pattern.c_str(), &found);
    if (search == INVALID_HANDLE_VALUE) {
      const DWORD code = GetLastError();
      if (code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND) return names;
      return failure("list", code);
    }
    do {
      const std::wstring_view name(static_cast<const wchar_t*>(found.cFileName));
      if (name != L"." && name != L"..") names.push_back(windows::narrow(name));
    } while (FindNextFileW(search, &found) != 0);
    const DWORD code = GetLastError();
    FindClose(search);
    if (code != ERROR_NO_MORE_FILES) return failure("list", code);
    std::sort(names.begin(), names.end());
    return names;
  }

  /// The folder takes its protected DACL from its parent, which the installer makes for SYSTEM alone.
  Result<void> make_folder(const std::filesystem::path& folder) noexcept override {
    if (CreateDirectoryW(folder.c_str(), nullptr) == 0 && GetLastError() != ERROR_ALREADY_EXISTS) {
      return failure("make folder");
    }
    return {};
  }

  Result<std::unique_ptr<FileLock>> lock(const std::filesystem::path& path) noexcept override {
    Result<Handle> handle = open_plain(path, GENERIC_READ | GENERIC_WRITE, 0, OPEN_ALWAYS);
    if (!handle) return handle.error();
    return std::unique_ptr<FileLock>(std::make_unique<WindowsLock>(std::move(handle).value()));
  }
};

}  // namespace

std::unique_ptr<Files> system_files() {
  return std::make_unique<WindowsFiles>();
}

}  // namespace systemlog
