#include "bridge/journal_shelf.h"

#include <algorithm>
#include <system_error>

namespace systemlog::bridge {
namespace {

constexpr std::size_t slot_bytes = 4096;
constexpr std::uint16_t version = 1;
constexpr std::size_t id_bytes = 36;
/// What is set aside beyond this is left to people alone.
constexpr std::size_t most_aside = 64;

/// A journal that cannot be gone on with, as opposed to one that cannot be reached now.
bool is_lost(ErrorCode code) {
  return code == ErrorCode::damaged || code == ErrorCode::not_found || code == ErrorCode::unsupported_version ||
         code == ErrorCode::malformed;
}

}  // namespace

Result<JournalShelf::Opened> JournalShelf::open(Files& files, Random& random, const std::filesystem::path& folder,
                                                const std::string& device, ByteView device_secret,
                                                const std::optional<JournalReach>& reach) {
  const std::filesystem::path shelf_folder = folder / "journals";
  if (Result<void> made = files.make_folder(shelf_folder); !made) return made.error();
  Result<SlotFile> names = SlotFile::open(files, shelf_folder / "current", slot_bytes);
  const bool unreadable = !names && names.error().code == ErrorCode::damaged;
  if (unreadable) {
    if (Result<void> removed = files.remove(shelf_folder / "current"); !removed) return removed.error();
    names = SlotFile::open(files, shelf_folder / "current", slot_bytes);
  }
  if (!names) return names.error();
  JournalShelf shelf(files, random, shelf_folder, device, device_secret, std::move(names).value());
  std::vector<std::string> set_aside_now;
  if (!shelf.load()) {
    // Which journal was the last one nobody knows any more: none is gone on with, each is told to the server.
    shelf.find_all();
    set_aside_now = shelf.aside_;
  }
  if (!shelf.current_.empty()) {
    Result<Journal> journal = Journal::open(files, shelf_folder / shelf.current_, device, device_secret);
    if (journal) {
      const bool fell_back =
          reach && reach->journal == shelf.current_ && reach->sequence > journal.value().head_sequence();
      if (!fell_back) return Opened{std::move(shelf), std::move(journal).value(), std::move(set_aside_now)};
    } else if (!is_lost(journal.error().code)) {
      return journal.error();
    }
    set_aside_now.push_back(shelf.current_);
  }
  Result<Journal> begun = shelf.begin_another();
  if (!begun) return begun.error();
  return Opened{std::move(shelf), std::move(begun).value(), std::move(set_aside_now)};
}

Result<Journal> JournalShelf::begin_another() {
  const Result<std::array<std::uint8_t, 16>> id = make_random_uuid(*random_);
  if (!id) return id.error();
  const std::string fresh = uuid_text(id.value());
  Result<Journal> journal = Journal::create(*files_, folder_ / fresh, fresh, device_, device_secret_);
  if (!journal) return journal.error();
  const std::string before = current_;
  const std::vector<std::string> aside_before = aside_;
  if (!current_.empty() && aside_.size() < most_aside) aside_.push_back(current_);
  current_ = fresh;
  if (Result<void> stored = store(); !stored) {
    current_ = before;
    aside_ = aside_before;
    return stored.error();
  }
  return journal;
}

std::vector<Journal> JournalShelf::untold() {
  std::vector<Journal> journals;
  for (const std::string& id : std::vector<std::string>(aside_)) {
    Result<Journal> journal = Journal::open_read_only(*files_, folder_ / id, device_, device_secret_);
    if (journal) {
      journals.push_back(std::move(journal).value());
    } else {
      // Nothing of it can be proved.
      told(id);
    }
  }
  return journals;
}

void JournalShelf::told(const std::string& journal) {
  std::erase(aside_, journal);
  // Told once more after a restart, at worst.
  static_cast<void>(store());
}

bool JournalShelf::load() {
  ByteReader reader(names_.payload());
  if (reader.u16() != version) return false;
  current_ = reader.text(id_bytes);
  const std::size_t count = reader.u32();
  for (std::size_t i = 0; i < count && reader.ok(); ++i) aside_.push_back(reader.text(id_bytes));
  if (!reader.ok()) current_.clear(), aside_.clear();
  return reader.ok();
}

void JournalShelf::find_all() {
  std::error_code problem;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, problem)) {
    const std::string name = entry.path().filename().string();
    if (name.size() == id_bytes && entry.is_directory(problem) && aside_.size() < most_aside) aside_.push_back(name);
  }
  std::sort(aside_.begin(), aside_.end());
}

Result<void> JournalShelf::store() {
  ByteWriter writer;
  writer.u16(version);
  writer.text(current_);
  writer.u32(static_cast<std::uint32_t>(aside_.size()));
  for (const std::string& id : aside_) writer.text(id);
  return names_.store(writer.view());
}

}  // namespace systemlog::bridge
