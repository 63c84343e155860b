#include "core/journal.h"

#include <algorithm>
#include <charconv>

#include "core/device_keys.h"

namespace systemlog {
namespace {

using journal_format::Frame;
using journal_format::frame_header_bytes;
using journal_format::Mac;
using journal_format::segment_header_bytes;
using journal_format::SegmentHeader;

constexpr std::string_view segment_prefix = "segment-";
constexpr std::string_view reserve_name = "reserve";
constexpr std::string_view state_name = "state";
constexpr std::string_view lock_name = "lock";
constexpr std::size_t mark_every = 64;
/// Room for a receipt and some 200 reading positions.
constexpr std::size_t state_slot_bytes = std::size_t{16} * 1024;
constexpr std::uint16_t state_version = 1;
constexpr std::size_t most_positions = 200;
constexpr std::size_t longest_sid = 64;
/// What one `read` looks at, at most.
constexpr std::size_t most_looked_at = std::size_t{4} * 1024 * 1024;

Error damaged_at(std::uint64_t sequence) {
  return {ErrorCode::damaged, "journal at record " + std::to_string(sequence)};
}

std::optional<std::uint64_t> segment_number(std::string_view file_name) {
  if (!file_name.starts_with(segment_prefix)) return std::nullopt;
  file_name.remove_prefix(segment_prefix.size());
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(file_name.data(), file_name.data() + file_name.size(), number);
  if (problem != std::errc() || end != file_name.data() + file_name.size()) return std::nullopt;
  return number;
}

}  // namespace

Journal::Journal(Files& files, std::filesystem::path folder, std::string device, std::size_t segment_bytes) noexcept
    : files_(&files), folder_(std::move(folder)), device_(std::move(device)), segment_bytes_(segment_bytes) {}

Result<Journal> Journal::create(Files& files, const std::filesystem::path& folder, const std::string& journal,
                                const std::string& device, ByteView device_secret, std::size_t segment_bytes) {
  if (journal.size() != 36) return Error{ErrorCode::invalid_argument, "journal id"};
  if (Result<void> made = files.make_folder(folder); !made) return made.error();
  {
    Journal fresh(files, folder, device, segment_bytes);
    fresh.journal_ = journal;
    Result<std::unique_ptr<FileLock>> lock = files.lock(folder / lock_name);
    if (!lock) return lock.error();
    fresh.lock_ = std::move(lock).value();
    const Result<std::vector<std::string>> names = files.list(folder);
    if (!names) return names.error();
    for (const std::string& file : names.value()) {
      if (segment_number(file)) return Error{ErrorCode::refused, "a journal is there already"};
    }
    Result<SlotFile> state = SlotFile::open(files, folder / state_name, state_slot_bytes);
    if (!state) return state.error();
    fresh.state_.emplace(std::move(state).value());
    if (Result<void> saved = fresh.save_state(0, {}); !saved) return saved.error();
    if (Result<void> ready = fresh.prepare_reserve(); !ready) return ready.error();
    if (Result<void> begun = fresh.begin_segment({1, 1, Mac{}, journal}); !begun) return begun.error();
  }
  return open(files, folder, device, device_secret, segment_bytes);
}

Result<Journal> Journal::open(Files& files, const std::filesystem::path& folder, const std::string& device,
                              ByteView device_secret, std::size_t segment_bytes) {
  return open_as(files, folder, device, device_secret, segment_bytes, true);
}

Result<Journal> Journal::open_read_only(Files& files, const std::filesystem::path& folder, const std::string& device,
                                        ByteView device_secret, std::size_t segment_bytes) {
  return open_as(files, folder, device, device_secret, segment_bytes, false);
}

Result<Journal> Journal::open_as(Files& files, const std::filesystem::path& folder, const std::string& device,
                                 ByteView device_secret, std::size_t segment_bytes, bool may_write) {
  Journal journal(files, folder, device, segment_bytes);
  if (Result<void> found = journal.load_segments(); !found) return found.error();
  if (may_write) {
    Result<std::unique_ptr<FileLock>> lock = files.lock(folder / lock_name);
    if (!lock) return lock.error();
    journal.lock_ = std::move(lock).value();
    // Read again under the lock: who held it may have gone on writing.
    if (Result<void> found = journal.load_segments(); !found) return found.error();
  }
  if (Result<void> keys = journal.derive_keys(device_secret); !keys) return keys.error();
  if (Result<void> state = journal.load_state(); !state && may_write) return state.error();
  if (Result<void> newest = journal.open_newest(may_write); !newest) return newest.error();
  if (may_write) {
    if (Result<void> ready = journal.begin_writing(); !ready) return ready.error();
  }
  return journal;
}

Result<void> Journal::begin_writing() {
  if (received_through_ > head_sequence_ || first_sequence() > received_through_ + 1) {
    return damaged_at(received_through_ + 1);
  }
  may_append_ = true;
  static_cast<void>(prepare_reserve());  // `reserve_ready` says how it went
  return {};
}

Result<void> Journal::reopen(ByteView device_secret) {
  Journal fresh(*files_, folder_, device_, segment_bytes_);
  if (Result<void> found = fresh.load_segments(); !found) return found;
  if (Result<void> keys = fresh.derive_keys(device_secret); !keys) return keys;
  if (Result<void> state = fresh.load_state(); !state) return state;
  if (Result<void> newest = fresh.open_newest(true); !newest) return newest;
  if (Result<void> ready = fresh.begin_writing(); !ready) return ready;
  fresh.lock_ = std::move(lock_);
  *this = std::move(fresh);
  return {};
}

std::filesystem::path Journal::segment_path(std::uint64_t number) const {
  return folder_ / (std::string(segment_prefix) + std::to_string(number));
}

Result<void> Journal::derive_keys(ByteView device_secret) {
  const Result<SecretBytes> record_key = derived_key(device_secret, "journal/" + journal_);
  if (!record_key) return record_key.error();
  const Result<SecretBytes> receipt_key = derived_key(device_secret, "receipt");
  if (!receipt_key) return receipt_key.error();
  Result<crypto::Hmac> record_mac = crypto::Hmac::create(crypto::Hash::sha256, record_key.value());
  if (!record_mac) return record_mac.error();
  Result<crypto::Hmac> receipt_mac = crypto::Hmac::create(crypto::Hash::sha256, receipt_key.value());
  if (!receipt_mac) return receipt_mac.error();
  record_key_.emplace(std::move(record_mac).value());
  receipt_key_.emplace(std::move(receipt_mac).value());
  return {};
}

Result<void> Journal::load_state() {
  Result<SlotFile> state = SlotFile::open(*files_, folder_ / state_name, state_slot_bytes);
  if (!state) return state.error();
  state_.emplace(std::move(state).value());
  ByteReader reader(state_->payload());
  if (reader.u16() != state_version || reader.text(longest_sid) != journal_) {
    return Error{ErrorCode::damaged, "journal state"};
  }
  received_through_ = reader.u64();
  const std::size_t positions = reader.u32();
  for (std::size_t i = 0; i < positions && reader.ok(); ++i) {
    std::string sid = reader.text(longest_sid);
    positions_.insert_or_assign(std::move(sid), reader.u64());
  }
  if (!reader.ok()) return Error{ErrorCode::damaged, "journal state"};
  return {};
}

Result<void> Journal::save_state(std::uint64_t received_through,
                                 const std::map<std::string, std::uint64_t>& positions) {
  if (!state_) return Error{ErrorCode::needs_reopen, "journal state"};
  ByteWriter writer;
  writer.u16(state_version);
  writer.text(journal_);
  writer.u64(received_through);
  writer.u32(static_cast<std::uint32_t>(positions.size()));
  for (const auto& [sid, through] : positions) {
    writer.text(sid);
    writer.u64(through);
  }
  if (Result<void> stored = state_->store(writer.view()); !stored) return stored;
  received_through_ = received_through;
  positions_ = positions;
  return {};
}

/// Reads every segment's header: they must follow each other without a gap and belong to one journal.
Result<void> Journal::load_segments() {
  const Result<std::vector<std::string>> names = files_->list(folder_);
  if (!names) return names.error();
  std::vector<std::uint64_t> numbers;
  for (const std::string& file : names.value()) {
    if (const std::optional<std::uint64_t> number = segment_number(file)) numbers.push_back(*number);
  }
  if (numbers.empty()) return Error{ErrorCode::not_found, "journal"};
  std::sort(numbers.begin(), numbers.end());
  segments_.clear();
  for (const std::uint64_t number : numbers) {
    Result<std::unique_ptr<File>> file = files_->open(segment_path(number), Files::Open::existing_read_only);
    if (!file) return file.error();
    std::array<std::uint8_t, segment_header_bytes> bytes{};
    const Result<std::size_t> got = file.value()->read_at(0, bytes);
    if (!got) return got.error();
    std::optional<SegmentHeader> header = journal_format::parse_segment_header(ByteView(bytes).first(got.value()));
    const bool fits =
        header && header->number == number &&
        (segments_.empty() || (number == segments_.back().number + 1 && header->journal == segments_.back().journal &&
                               header->first_sequence > segments_.back().first_sequence));
    if (!fits) return Error{ErrorCode::damaged, "journal segment " + std::to_string(number)};
    segments_.push_back(std::move(*header));
  }
  journal_ = segments_.front().journal;
  return {};
}

Result<void> Journal::open_newest(bool may_write) {
  const SegmentHeader& header = segments_.back();
  Result<std::unique_ptr<File>> file =
      files_->open(segment_path(header.number), may_write ? Files::Open::existing : Files::Open::existing_read_only);
  if (!file) return file.error();
  newest_ = std::move(file).value();
  Bytes bytes(segment_bytes_);
  const Result<std::size_t> got = newest_->read_at(0, bytes);
  if (!got) return got.error();
  const Result<journal_format::Scan> scanned =
      journal_format::scan_segment(ByteView(bytes).first(got.value()), header, *record_key_);
  if (!scanned) return scanned.error();
  const journal_format::Scan& scan = scanned.value();
  newest_end_ = scan.end;
  head_sequence_ = header.first_sequence - 1 + scan.records;
  head_mac_ = scan.head_mac;
  newest_damaged_ = scan.tail == journal_format::Scan::Tail::damaged;
  if (!may_write) return {};
  if (newest_damaged_) return damaged_at(head_sequence_ + 1);
  if (got.value() < segment_bytes_) {
    // Lost its end; without space to grow it again, appending will meet the full disk by itself.
    if (Result<void> grown = newest_->preallocate(segment_bytes_);
        !grown && grown.error().code != ErrorCode::disk_full) {
      return grown;
    }
  }
  if (scan.tail == journal_format::Scan::Tail::torn) return cut(scan.end, scan.tail_end);
  return {};
}

Result<void> Journal::cut(std::size_t from, std::size_t to) {
  const Bytes zeros(to - from);
  if (Result<void> written = newest_->write_at(from, zeros); !written) return written;
  if (Result<void> flushed = newest_->flush(); !flushed) return flushed;
  cut_bytes_ = to - from;
  return {};
}

Result<void> Journal::prepare_reserve() {
  reserve_ready_ = false;
  const std::filesystem::path reserve = folder_ / reserve_name;
  const Result<std::unique_ptr<File>> existing = files_->open(reserve, Files::Open::existing_read_only);
  if (existing) {
    const Result<std::uint64_t> size = existing.value()->size();
    reserve_ready_ = size && size.value() == segment_bytes_;
    if (reserve_ready_) return {};
  }
  std::filesystem::path fresh = reserve;
  fresh += ".new";
  Result<void> made;
  {
    Result<std::unique_ptr<File>> file = files_->open(fresh, Files::Open::create_new);
    if (!file) return file.error();
    made = file.value()->preallocate(segment_bytes_);
  }
  if (!made) {
    static_cast<void>(files_->remove(fresh));
    return made;
  }
  if (Result<void> named = files_->replace(fresh, reserve); !named) return named;
  reserve_ready_ = true;
  return {};
}

/// Turns the reserve into the segment that is written next. Under its own name it has its header from the first
/// moment.
Result<void> Journal::begin_segment(const SegmentHeader& header) {
  if (!reserve_ready_) {
    if (Result<void> ready = prepare_reserve(); !ready) return ready;
  }
  const std::filesystem::path reserve = folder_ / reserve_name;
  {
    Result<std::unique_ptr<File>> file = files_->open(reserve, Files::Open::existing);
    if (!file) return file.error();
    if (Result<void> written = file.value()->write_at(0, journal_format::write_segment_header(header)); !written) {
      return written;
    }
    if (Result<void> flushed = file.value()->flush(); !flushed) return flushed;
  }
  reserve_ready_ = false;
  const std::filesystem::path path = segment_path(header.number);
  if (Result<void> named = files_->replace(reserve, path); !named) return named;
  Result<std::unique_ptr<File>> file = files_->open(path, Files::Open::existing);
  if (!file) return file.error();
  newest_ = std::move(file).value();
  newest_end_ = segment_header_bytes;
  segments_.push_back(header);
  static_cast<void>(prepare_reserve());
  return {};
}

Result<SealedRecord> Journal::append(std::string_view record) {
  if (!may_append_) return Error{ErrorCode::needs_reopen, "journal"};
  if (record.size() > journal_format::longest_record) return Error{ErrorCode::too_long, "record"};
  if (record.size() < 2 || record.find('\n') != std::string_view::npos) {
    return Error{ErrorCode::invalid_argument, "record"};
  }
  const Result<Mac> mac = journal_format::record_mac(*record_key_, head_mac_, record);
  if (!mac) return mac.error();
  const Bytes frame = journal_format::write_frame({head_sequence_ + 1, mac.value(), record});
  if (newest_end_ + frame.size() > segment_bytes_) {
    const SegmentHeader next{segments_.back().number + 1, head_sequence_ + 1, head_mac_, journal_};
    if (Result<void> begun = begin_segment(next); !begun) {
      // With the disk merely full, nothing has been begun; anything else leaves the folder to be looked at anew.
      may_append_ = begun.error().code == ErrorCode::disk_full;
      return begun.error();
    }
  }
  Result<void> durable = newest_->write_at(newest_end_, frame);
  if (durable) durable = newest_->flush();
  if (!durable) {
    may_append_ = false;
    return durable.error();
  }
  SealedRecord sealed{std::string(record), base64url(head_mac_), base64url(mac.value())};
  newest_end_ += frame.size();
  head_mac_ = mac.value();
  ++head_sequence_;
  return sealed;
}

Result<JournalPage> Journal::read(std::uint64_t after, std::size_t limit, const RecordFilter& filter) {
  if (after > head_sequence_ && !newest_damaged_) return Error{ErrorCode::beyond_head, "read"};
  JournalPage page;
  page.through = std::max(after, first_sequence() - 1);
  if (limit == 0) return Error{ErrorCode::invalid_argument, "limit"};
  std::size_t looked_at = 0;
  while (page.through < head_sequence_ && page.records.size() < limit && looked_at < most_looked_at) {
    const auto behind = std::upper_bound(
        segments_.begin(), segments_.end(), page.through + 1,
        [](std::uint64_t sequence, const SegmentHeader& segment) { return sequence < segment.first_sequence; });
    const auto position = static_cast<std::size_t>(behind - segments_.begin()) - 1;
    if (Result<void> read = read_segment(position, page.through, limit, filter, page, looked_at); !read) {
      // What was read before the damage is given first; the next read begins at it.
      if (page.records.empty()) return read.error();
      break;
    }
  }
  if (page.through >= head_sequence_ && newest_damaged_ && page.records.empty()) return damaged_at(page.through + 1);
  page.more = page.through < head_sequence_ || newest_damaged_;
  return page;
}

Journal::Mark Journal::start_for(const SegmentHeader& segment, std::uint64_t sequence) const {
  Mark start{segment.first_sequence, segment_header_bytes, segment.previous_mac};
  if (index_.segment != segment.number) return start;
  for (const Mark& mark : index_.marks) {
    if (mark.sequence <= sequence) start = mark;
  }
  return start;
}

void Journal::remember(std::uint64_t segment, const Mark& mark) {
  if (index_.segment != segment) index_ = {segment, {}};
  if (index_.marks.empty() || index_.marks.back().sequence + mark_every <= mark.sequence)
    index_.marks.push_back(mark);
}

Result<void> Journal::read_segment(std::size_t position, std::uint64_t after, std::size_t limit,
                                   const RecordFilter& filter, JournalPage& page, std::size_t& looked_at) {
  const SegmentHeader& segment = segments_[position];
  const bool is_newest = position + 1 == segments_.size();
  const std::uint64_t last = is_newest ? head_sequence_ : segments_[position + 1].first_sequence - 1;
  std::unique_ptr<File> sealed_file;
  if (!is_newest) {
    Result<std::unique_ptr<File>> opened =
        files_->open(segment_path(segment.number), Files::Open::existing_read_only);
    if (!opened) return opened.error();
    sealed_file = std::move(opened).value();
  }
  File& file = is_newest ? *newest_ : *sealed_file;
  std::array<std::uint8_t, journal_format::longest_frame> bytes{};
  Mark at = start_for(segment, after + 1);
  while (at.sequence <= last && page.records.size() < limit && looked_at < most_looked_at) {
    remember(segment.number, at);
    const Result<std::size_t> got = file.read_at(at.offset, bytes);
    if (!got) return got.error();
    const std::optional<Frame> frame = journal_format::parse_frame(ByteView(bytes).first(got.value()));
    if (!frame || frame->sequence != at.sequence) return damaged_at(at.sequence);
    const Result<Mac> expected = journal_format::record_mac(*record_key_, at.previous_mac, frame->record);
    if (!expected) return expected.error();
    if (expected.value() != frame->mac) return damaged_at(at.sequence);
    const std::size_t frame_bytes = frame_header_bytes + frame->record.size();
    if (at.sequence > after) {
      looked_at += frame_bytes;
      if (!filter || filter(frame->record)) {
        page.records.push_back({std::string(frame->record), base64url(at.previous_mac), base64url(frame->mac)});
      }
      page.through = at.sequence;
    }
    at = {at.sequence + 1, at.offset + frame_bytes, frame->mac};
  }
  // The next segment must begin where this one ends.
  const bool read_to_its_end = at.sequence == last + 1;
  if (read_to_its_end && !is_newest && segments_[position + 1].previous_mac != at.previous_mac) {
    return damaged_at(at.sequence);
  }
  return {};
}

Result<std::uint64_t> Journal::verify() {
  std::uint64_t after = first_sequence() - 1;
  std::uint64_t records = 0;
  while (true) {
    const Result<JournalPage> page = read(after, 500);
    if (!page) return page.error();
    records += page.value().records.size();
    after = page.value().through;
    if (!page.value().more) return records;
  }
}

Result<void> Journal::acknowledge(const std::string& sid, std::uint64_t through) {
  if (through > head_sequence_) return Error{ErrorCode::beyond_head, "acknowledgement"};
  if (sid.empty() || sid.size() > longest_sid) return Error{ErrorCode::invalid_argument, "sid"};
  if (through <= acknowledged_through(sid)) return {};
  std::map<std::string, std::uint64_t> positions = positions_;
  positions[sid] = through;
  if (positions.size() > most_positions) return Error{ErrorCode::too_long, "reading positions"};
  return save_state(received_through_, positions);
}

std::uint64_t Journal::acknowledged_through(const std::string& sid) const {
  const auto found = positions_.find(sid);
  return found == positions_.end() ? 0 : found->second;
}

Result<void> Journal::take_receipt(const ServerReceipt& receipt) {
  if (receipt.journal != journal_) return Error{ErrorCode::unknown_journal, "receipt"};
  if (receipt.device != device_) return Error{ErrorCode::receipt_invalid, "receipt device"};
  const std::string input = "systemlog/v1/receipt\n" + receipt.device + "\n" + receipt.journal + "\n" +
                            std::to_string(receipt.through_sequence);
  const Result<crypto::Digest> expected = receipt_key_->of({bytes_of(input)});
  if (!expected) return expected.error();
  if (!constant_time_equal(expected.value().view(), receipt.mac)) {
    return Error{ErrorCode::receipt_invalid, "receipt mac"};
  }
  if (receipt.through_sequence > head_sequence_) return Error{ErrorCode::beyond_head, "receipt"};
  if (receipt.through_sequence <= received_through_) return {};
  return save_state(receipt.through_sequence, positions_);
}

Result<std::size_t> Journal::compact() {
  if (!may_append_) return Error{ErrorCode::needs_reopen, "journal"};
  std::size_t removed = 0;
  while (segments_.size() > 1 && segments_[1].first_sequence - 1 <= received_through_) {
    if (Result<void> gone = files_->remove(segment_path(segments_.front().number)); !gone) return gone.error();
    segments_.erase(segments_.begin());
    ++removed;
  }
  if (!reserve_ready_) static_cast<void>(prepare_reserve());
  return removed;
}

}  // namespace systemlog
