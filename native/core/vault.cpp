#include "core/vault.h"

#include <algorithm>
#include <charconv>

#include "platform/crypto.h"

namespace systemlog {
namespace {

constexpr std::uint32_t magic = 0x31564C53;  // "SLV1"
constexpr std::uint16_t version = 1;
constexpr std::string_view key_purpose = "systemlog/v1/vault-key";
constexpr std::string_view file_prefix = "vault-";
constexpr std::string_view temporary_name = "vault.new";
constexpr std::size_t longest_wrapped_key = 4096;

std::string file_name(std::uint64_t generation) {
  return std::string(file_prefix) + std::to_string(generation);
}

/// The generations that lie in the folder, newest first.
Result<std::vector<std::uint64_t>> generations_in(Files& files, const std::filesystem::path& folder) {
  const Result<std::vector<std::string>> names = files.list(folder);
  if (!names) return names.error();
  std::vector<std::uint64_t> generations;
  for (const std::string& file : names.value()) {
    if (!file.starts_with(file_prefix)) continue;
    std::uint64_t generation = 0;
    const auto [end, problem] =
        std::from_chars(file.data() + file_prefix.size(), file.data() + file.size(), generation);
    if (problem == std::errc() && file_name(generation) == file) generations.push_back(generation);
  }
  std::sort(generations.rbegin(), generations.rend());
  return generations;
}

SecretBytes header_of(std::uint64_t generation, ByteView wrapped_key, ByteView nonce) {
  ByteWriter header;
  header.u32(magic);
  header.u16(version);
  header.u64(generation);
  header.block(wrapped_key);
  header.raw(nonce);
  return std::move(header).take();
}

}  // namespace

Vault::Vault(Files& files, SecretBox& box, Random& random, std::filesystem::path folder) noexcept
    : files_(&files), box_(&box), random_(&random), folder_(std::move(folder)) {}

Result<Vault> Vault::open(Files& files, SecretBox& box, Random& random, const std::filesystem::path& folder,
                          std::uint64_t known_generation) {
  const Result<std::vector<std::uint64_t>> generations = generations_in(files, folder);
  if (!generations) return generations.error();
  Vault vault(files, box, random, folder);
  const std::uint64_t newest = generations.value().empty() ? 0 : generations.value().front();
  if (newest < known_generation) return Error{ErrorCode::rolled_back, "vault " + std::to_string(newest)};
  if (newest == 0) return vault;
  if (Result<void> loaded = vault.load(newest); !loaded) return loaded.error();
  return vault;
}

Result<Vault> Vault::open_previous(Files& files, SecretBox& box, Random& random, const std::filesystem::path& folder,
                                   std::uint64_t known_generation) {
  const Result<std::vector<std::uint64_t>> generations = generations_in(files, folder);
  if (!generations) return generations.error();
  // When the newest file is missing altogether, the one before it is the newest that lies there.
  const std::uint64_t newest =
      std::max(known_generation, generations.value().empty() ? 0 : generations.value().front());
  for (const std::uint64_t generation : generations.value()) {
    if (generation >= newest) continue;
    Vault vault(files, box, random, folder);
    if (Result<void> loaded = vault.load(generation); !loaded) return loaded.error();
    vault.generation_ = newest;
    return vault;
  }
  return Error{ErrorCode::not_found, "no previous vault"};
}

Result<void> Vault::load(std::uint64_t generation) {
  const Result<SecretBytes> file = read_whole(*files_, folder_ / file_name(generation), longest_file);
  if (!file) return file.error();
  ByteReader reader(file.value());
  const bool is_vault = reader.u32() == magic;
  if (is_vault && reader.u16() != version) return Error{ErrorCode::unsupported_version, "vault"};
  const std::uint64_t said_generation = reader.u64();
  const ByteView wrapped = reader.block(longest_wrapped_key);
  const auto nonce = reader.array<crypto::gcm_nonce_bytes>();
  const std::size_t header_bytes = file.value().size() - reader.remaining();
  const ByteView sealed = reader.block(longest_file);
  if (!is_vault || !reader.ok() || !reader.at_end() || said_generation != generation) {
    return Error{ErrorCode::damaged, "vault file"};
  }
  const Result<SecretBytes> key = box_->open(wrapped, key_purpose);
  if (!key) return key.error();
  const Result<SecretBytes> plain =
      crypto::aes_gcm_open(key.value(), nonce, ByteView(file.value()).first(header_bytes), sealed);
  if (!plain) return plain.error();
  Result<VaultContent> content = parse_vault_content(plain.value());
  if (!content) return content.error();
  content_ = std::move(content).value();
  generation_ = generation;
  return {};
}

Result<void> Vault::save(VaultContent content) {
  const std::uint64_t next = generation_ + 1;
  SecretBytes key(crypto::aes_key_bytes);
  std::array<std::uint8_t, crypto::gcm_nonce_bytes> nonce{};
  if (Result<void> filled = random_->fill(key); !filled) return filled;
  if (Result<void> filled = random_->fill(nonce); !filled) return filled;
  const Result<Bytes> wrapped = box_->seal(key, key_purpose);
  if (!wrapped) return wrapped.error();
  const SecretBytes header = header_of(next, wrapped.value(), nonce);
  const Result<Bytes> sealed = crypto::aes_gcm_seal(key, nonce, header, write_vault_content(content));
  if (!sealed) return sealed.error();
  ByteWriter file;
  file.raw(header);
  file.block(sealed.value());
  if (file.view().size() > longest_file) return Error{ErrorCode::too_long, "vault"};

  const std::filesystem::path temporary = folder_ / temporary_name;
  {
    Result<std::unique_ptr<File>> fresh = files_->open(temporary, Files::Open::create_new);
    if (!fresh) return fresh.error();
    if (Result<void> written = fresh.value()->write_at(0, file.view()); !written) return written;
    if (Result<void> flushed = fresh.value()->flush(); !flushed) return flushed;
  }
  if (Result<void> named = files_->replace(temporary, folder_ / file_name(next)); !named) return named;
  generation_ = next;
  content_ = std::move(content);

  // What cannot be removed now is tried again next time; it harms nobody.
  static_cast<void>(remove_before(next - 1));
  return {};
}

Result<void> Vault::forget_previous() {
  return remove_before(generation_);
}

Result<void> Vault::remove_before(std::uint64_t oldest_kept) {
  const Result<std::vector<std::uint64_t>> generations = generations_in(*files_, folder_);
  if (!generations) return generations.error();
  for (const std::uint64_t generation : generations.value()) {
    if (generation >= oldest_kept) continue;
    if (Result<void> removed = files_->remove(folder_ / file_name(generation)); !removed) return removed;
  }
  return {};
}

}  // namespace systemlog
