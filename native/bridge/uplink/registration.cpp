#include "bridge/uplink/registration.h"

#include "core/base/bytes.h"

namespace systemlog::bridge {
namespace {

constexpr std::string_view purpose = "systemlog/registration";
constexpr std::uint8_t format_version = 1;
constexpr std::size_t longest_file = 8192;
constexpr std::size_t longest_text = 512;

std::optional<Registration::State> parse(ByteView bytes) {
  ByteReader reader(bytes);
  if (reader.u8() != format_version) return std::nullopt;
  Registration::State state{reader.text(longest_text), reader.text(longest_text)};
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return state;
}

}  // namespace

Registration::Registration(Files& files, SecretBox& box, std::filesystem::path file, State wanted) noexcept
    : files_(&files), box_(&box), file_(std::move(file)), wanted_(std::move(wanted)) {}

Result<Registration> Registration::open(Files& files, SecretBox& box, std::filesystem::path file, State wanted) {
  Registration registration(files, box, std::move(file), std::move(wanted));
  const Result<SecretBytes> sealed = read_whole(files, registration.file_, longest_file);
  if (!sealed) {
    const ErrorCode code = sealed.error().code;
    if (code == ErrorCode::not_found || code == ErrorCode::too_long) return registration;
    return sealed.error();
  }
  const Result<SecretBytes> content = box.open(sealed.value(), purpose);
  const std::optional<State> stored = content ? parse(content.value()) : std::nullopt;
  const State& asked = registration.wanted_;
  if (stored && stored->server == asked.server && stored->company == asked.company) registration.state_ = stored;
  return registration;
}

Result<void> Registration::registered() {
  state_ = wanted_;
  ByteWriter writer;
  writer.u8(format_version);
  writer.text(wanted_.server);
  writer.text(wanted_.company);
  const Result<Bytes> sealed = box_->seal(writer.view(), purpose);
  if (!sealed) return sealed.error();
  return replace_whole(*files_, file_, sealed.value());
}

}  // namespace systemlog::bridge
