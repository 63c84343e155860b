#include "test/fakes/files.h"

namespace systemlog::test {
namespace {

class FaultyFile final : public File {
 public:
  FaultyFile(std::unique_ptr<File> real, FaultyFiles& files) noexcept : real_(std::move(real)), files_(&files) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> into) noexcept override {
    return real_->read_at(offset, into);
  }
  Result<void> write_at(std::uint64_t offset, ByteView from) noexcept override {
    if (Result<void> may = files_->step("write"); !may) return may;
    return real_->write_at(offset, from);
  }
  Result<void> flush() noexcept override {
    if (Result<void> may = files_->step("flush"); !may) return may;
    return real_->flush();
  }
  Result<std::uint64_t> size() noexcept override { return real_->size(); }
  Result<void> preallocate(std::uint64_t size) noexcept override {
    if (Result<void> may = files_->step("preallocate"); !may) return may;
    return real_->preallocate(size);
  }

 private:
  std::unique_ptr<File> real_;
  FaultyFiles* files_;
};

}  // namespace

void FaultyFiles::stop_after(int count, ErrorCode code) {
  fault_ = [count, code, this, begun = steps_](std::string_view /*step*/) -> std::optional<ErrorCode> {
    if (steps_ - begun > count) return code;
    return std::nullopt;
  };
}

Result<void> FaultyFiles::step(std::string_view name) {
  ++steps_;
  if (!fault_) return {};
  if (const std::optional<ErrorCode> code = fault_(name)) return Error{*code, "injected"};
  return {};
}

Result<std::unique_ptr<File>> FaultyFiles::open(const std::filesystem::path& path, Open mode) noexcept {
  if (mode == Open::create_new) {
    if (Result<void> may = step("open"); !may) return may.error();
  }
  Result<std::unique_ptr<File>> file = real_->open(path, mode);
  if (!file) return file.error();
  return std::unique_ptr<File>(std::make_unique<FaultyFile>(std::move(file).value(), *this));
}

Result<void> FaultyFiles::replace(const std::filesystem::path& from, const std::filesystem::path& to) noexcept {
  if (Result<void> may = step("replace"); !may) return may;
  return real_->replace(from, to);
}

Result<void> FaultyFiles::remove(const std::filesystem::path& path) noexcept {
  if (Result<void> may = step("remove"); !may) return may;
  return real_->remove(path);
}

}  // namespace systemlog::test
