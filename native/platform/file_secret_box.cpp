#include "platform/file_secret_box.h"

#include "platform/crypto.h"

namespace systemlog {
namespace {

class FileSecretBox final : public SecretBox {
 public:
  FileSecretBox(SecretBytes key, Random& random) noexcept : key_(std::move(key)), random_(&random) {}

  Result<Bytes> seal(ByteView plain, std::string_view purpose) noexcept override {
    std::array<std::uint8_t, crypto::gcm_nonce_bytes> nonce{};
    if (Result<void> filled = random_->fill(nonce); !filled) return filled.error();
    const Result<Bytes> sealed = crypto::aes_gcm_seal(key_, nonce, bytes_of(purpose), plain);
    if (!sealed) return sealed.error();
    Bytes whole(nonce.begin(), nonce.end());
    whole.insert(whole.end(), sealed.value().begin(), sealed.value().end());
    return whole;
  }

  Result<SecretBytes> open(ByteView sealed, std::string_view purpose) noexcept override {
    if (sealed.size() < crypto::gcm_nonce_bytes + crypto::gcm_tag_bytes) {
      return Error{ErrorCode::authentication_failed, "secret box"};
    }
    return crypto::aes_gcm_open(key_, sealed.first(crypto::gcm_nonce_bytes), bytes_of(purpose),
                                sealed.subspan(crypto::gcm_nonce_bytes));
  }

 private:
  SecretBytes key_;
  Random* random_;
};

}  // namespace

Result<std::unique_ptr<SecretBox>> file_secret_box(Files& files, Random& random, const std::filesystem::path& path) {
  Result<SecretBytes> key = read_whole(files, path, crypto::aes_key_bytes);
  if (!key && key.error().code != ErrorCode::not_found) return key.error();
  if (!key) {
    SecretBytes fresh(crypto::aes_key_bytes);
    if (Result<void> filled = random.fill(fresh); !filled) return filled.error();
    Result<std::unique_ptr<File>> file = files.open(path, Files::Open::create_new);
    if (!file) return file.error();
    if (Result<void> written = file.value()->write_at(0, fresh); !written) return written.error();
    if (Result<void> flushed = file.value()->flush(); !flushed) return flushed.error();
    key = std::move(fresh);
  }
  if (key.value().size() != crypto::aes_key_bytes) return Error{ErrorCode::damaged, "key file"};
  return std::unique_ptr<SecretBox>(std::make_unique<FileSecretBox>(std::move(key).value(), random));
}

}  // namespace systemlog
