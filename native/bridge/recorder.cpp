#include "bridge/recorder.h"

#include <algorithm>

#include "bridge/recorded_event.h"

namespace systemlog::bridge {
namespace {

constexpr std::uint16_t version = 1;
constexpr std::size_t heartbeat_slot = 4096;
constexpr std::size_t sessions_slot = std::size_t{64} * 1024;
constexpr std::size_t most_sessions = 100;
constexpr std::size_t longest_text = 1024;
constexpr std::size_t id_bytes = 36;

/// A small file of ours that has rotted is begun anew; what it held is found out another way or missed.
Result<SlotFile> open_slots(Files& files, const std::filesystem::path& path, std::size_t slot_bytes) {
  Result<SlotFile> file = SlotFile::open(files, path, slot_bytes);
  if (file || file.error().code != ErrorCode::damaged) return file;
  if (Result<void> removed = files.remove(path); !removed) return removed.error();
  return SlotFile::open(files, path, slot_bytes);
}

struct Heartbeat {
  JournalReach reach;
  ClockReading at;
};

SecretBytes write_heartbeat(const Heartbeat& beat) {
  ByteWriter writer;
  writer.u16(version);
  writer.text(beat.reach.journal);
  writer.u64(beat.reach.sequence);
  writer.i64(beat.at.wall_ms);
  writer.raw(beat.at.run);
  writer.u64(beat.at.uptime_ms);
  return std::move(writer).take();
}

std::optional<Heartbeat> parse_heartbeat(ByteView bytes) {
  ByteReader reader(bytes);
  if (reader.u16() != version) return std::nullopt;
  Heartbeat beat;
  beat.reach.journal = reader.text(id_bytes);
  beat.reach.sequence = reader.u64();
  beat.at.wall_ms = reader.i64();
  beat.at.run = reader.array<16>();
  beat.at.uptime_ms = reader.u64();
  if (!reader.ok()) return std::nullopt;
  return beat;
}

/// Sessions, and after which record of which journal they were so.
struct LeftSessions {
  JournalReach after;
  Sessions sessions;
};

SecretBytes write_sessions(const LeftSessions& left) {
  ByteWriter writer;
  writer.u16(version);
  writer.text(left.after.journal);
  writer.u64(left.after.sequence);
  writer.u32(static_cast<std::uint32_t>(std::min(left.sessions.size(), most_sessions)));
  std::size_t count = 0;
  for (const auto& [id, session] : left.sessions) {
    if (count++ == most_sessions) break;
    writer.u32(id);
    writer.text(session.name);
    writer.u8(session.account ? 1 : 0);
    if (session.account) {
      writer.text(session.account->sid);
      writer.text(session.account->domain);
      writer.text(session.account->name);
    }
    writer.i64(session.logon_wall_ms);
    for (const bool flag :
         {session.remote, session.connected, session.locked, session.suspended, session.automatic}) {
      writer.u8(flag ? 1 : 0);
    }
  }
  return std::move(writer).take();
}

std::optional<LeftSessions> parse_sessions(ByteView bytes) {
  ByteReader reader(bytes);
  if (reader.u16() != version) return std::nullopt;
  LeftSessions left;
  left.after.journal = reader.text(id_bytes);
  left.after.sequence = reader.u64();
  const std::size_t count = reader.u32();
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    const std::uint32_t id = reader.u32();
    KnownSession session;
    session.name = reader.text(longest_text);
    if (reader.u8() != 0) {
      session.account = EventAccount{reader.text(longest_text), reader.text(longest_text), reader.text(longest_text)};
    }
    session.logon_wall_ms = reader.i64();
    session.remote = reader.u8() != 0;
    session.connected = reader.u8() != 0;
    session.locked = reader.u8() != 0;
    session.suspended = reader.u8() != 0;
    session.automatic = reader.u8() != 0;
    left.sessions.insert_or_assign(id, std::move(session));
  }
  if (!reader.ok()) return std::nullopt;
  return left;
}

}  // namespace

Recorder::Recorder(RecorderParts parts, std::unique_ptr<ClockRuns> runs, SlotFile heartbeat, SlotFile sessions,
                   JournalShelf::Opened opened)
    : parts_(std::move(parts)),
      device_secret_(parts_.device_secret.begin(), parts_.device_secret.end()),
      runs_(std::move(runs)),
      heartbeat_(std::move(heartbeat)),
      sessions_file_(std::move(sessions)),
      shelf_(std::move(opened.shelf)),
      journal_(std::move(opened.journal)) {
  for (const std::string& id : opened.set_aside_now) {
    parts_.events.report(Severity::error, event_ids::journal_set_aside,
                         "The journal " + id +
                             " is damaged or incomplete. It was kept and set aside, what can be read of it is "
                             "sent to the server, and a new journal was begun.");
  }
}

Result<std::unique_ptr<Recorder>> Recorder::open(RecorderParts parts) {
  Files& files = parts.files;
  if (Result<void> made = files.make_folder(parts.folder); !made) return made.error();
  Result<std::unique_ptr<ClockRuns>> runs =
      ClockRuns::open(files, parts.random, parts.system_clock, parts.folder / "clock-run", parts.machine.boot_id());
  if (!runs) return runs.error();
  Result<SlotFile> heartbeat = open_slots(files, parts.folder / "heartbeat", heartbeat_slot);
  if (!heartbeat) return heartbeat.error();
  Result<SlotFile> sessions = open_slots(files, parts.folder / "sessions", sessions_slot);
  if (!sessions) return sessions.error();
  const std::optional<Heartbeat> beat = parse_heartbeat(heartbeat.value().payload());
  const std::optional<JournalReach> reach = beat ? std::optional(beat->reach) : std::nullopt;
  Result<JournalShelf::Opened> opened =
      JournalShelf::open(files, parts.random, parts.folder, parts.device, parts.device_secret, reach);
  if (!opened) return opened.error();
  std::unique_ptr<Recorder> recorder(new Recorder(std::move(parts), std::move(runs).value(),
                                                  std::move(heartbeat).value(), std::move(sessions).value(),
                                                  std::move(opened).value()));
  if (Result<void> restored = recorder->restore(reach, beat ? std::optional(beat->at) : std::nullopt); !restored) {
    return restored.error();
  }
  return recorder;
}

/// What was open when the bridge ended: as it was written down, and what the journal holds behind that.
Result<void> Recorder::restore(const std::optional<JournalReach>& reach, const std::optional<ClockReading>& beat) {
  last_alive_ = beat;
  std::uint64_t after = 0;
  if (std::optional<LeftSessions> left = parse_sessions(sessions_file_.payload())) {
    left_sessions_ = std::move(left->sessions);
    if (left->after.journal == journal_.id()) after = left->after.sequence;
  }
  const bool beat_is_of_this = reach && reach->journal == journal_.id();
  while (after < journal_.head_sequence()) {
    const Result<JournalPage> page = journal_.read(after, 500);
    if (!page) return page.error();
    for (const SealedRecord& sealed : page.value().records) {
      const Result<RecordedEvent> event = read_recorded_event(sealed.record);
      if (!event) continue;
      replay(event.value(), left_sessions_);
      const bool newer = !beat_is_of_this || event.value().sequence > reach->sequence;
      if (newer && event.value().source == "bridge") last_alive_ = event.value().at;
    }
    if (page.value().through <= after) break;
    after = page.value().through;
  }
  return {};
}

void Recorder::record(NewEvent event, const ClockReading& at) {
  SessionEvent placed;
  const Result<std::string> id = make_event_id(parts_.random, at.wall_ms);
  if (!id || waiting_.size() >= most_waiting) {
    ++lost_;
    parts_.events.report(Severity::error, event_ids::event_lost, "An event could not be kept: " + event.kind);
    return;
  }
  placed.id = id.value();
  placed.device = parts_.device;
  placed.kind = std::move(event.kind);
  placed.occurred_at_ms = at.wall_ms;
  placed.time_zone = parts_.machine.time_zone();
  placed.account = std::move(event.account);
  placed.session = std::move(event.session);
  placed.by_user = event.by_user;
  placed.reason = std::move(event.reason);
  placed.auth_method = std::move(event.auth_method);
  placed.source = std::move(event.source);
  placed.clock = at;
  waiting_.push_back(std::move(placed));
  retry();
}

void Recorder::retry() {
  while (!waiting_.empty()) {
    const Result<void> appended = append(waiting_.front());
    if (!appended) {
      if (!full_reported_) {
        full_reported_ = true;
        const bool full = appended.error().code == ErrorCode::disk_full;
        parts_.events.report(Severity::error, full ? event_ids::disk_full : event_ids::journal_unavailable,
                             "Events cannot be written now (" + std::string(name(appended.error().code)) +
                                 "). They wait in memory until they can; restarting the PC would lose them.");
      }
      return;
    }
    const SessionEvent recorded = std::move(waiting_.front());
    waiting_.pop_front();
    if (told_) told_(recorded);
  }
  if (!full_reported_) return;
  full_reported_ = false;
  parts_.events.report(Severity::information, event_ids::disk_has_room,
                       "Events can be written again; those that waited are written.");
}

Result<void> Recorder::append(SessionEvent& event) {
  for (int tries = 0;; ++tries) {
    event.journal = journal_.id();
    event.sequence = journal_.head_sequence() + 1;
    std::string text = write_event(event);
    if (text.size() > journal_format::longest_record && event.account) {
      // Names are for people; who it is says the SID.
      event.account->domain.clear();
      event.account->name.clear();
      text = write_event(event);
    }
    const Result<SealedRecord> sealed = journal_.append(text);
    if (sealed) return {};
    if (sealed.error().code == ErrorCode::disk_full || tries > 0) return sealed.error();
    if (Result<void> reopened = reopen(); !reopened) return reopened;
    if (was_appended(event)) return {};
  }
}

Result<void> Recorder::reopen() {
  Result<void> reopened = journal_.reopen(device_secret_);
  if (reopened || reopened.error().code != ErrorCode::damaged) return reopened;
  return set_aside_damaged();
}

Result<void> Recorder::set_aside_damaged() {
  const std::string before = journal_.id();
  Result<Journal> another = shelf_.begin_another();
  if (!another) return another.error();
  journal_ = std::move(another).value();
  parts_.events.report(Severity::error, event_ids::journal_set_aside,
                       "The journal " + before +
                           " was found damaged while it was written. It was kept and set "
                           "aside, and a new journal was begun.");
  return {};
}

/// A flush that failed may have reached the disk all the same.
bool Recorder::was_appended(const SessionEvent& event) {
  if (journal_.id() != event.journal || journal_.head_sequence() != event.sequence) return false;
  const Result<JournalPage> page = journal_.read(event.sequence - 1, 1);
  if (!page || page.value().records.empty()) return false;
  const Result<RecordedEvent> last = read_recorded_event(page.value().records.front().record);
  return last && last.value().id == event.id;
}

void Recorder::remember(const Sessions& sessions) {
  // While events wait, the journal is behind the sessions; it is written down when it has caught up.
  if (!waiting_.empty()) return;
  const Result<void> stored =
      sessions_file_.store(write_sessions({{journal_.id(), journal_.head_sequence()}, sessions}));
  if (!stored)
    parts_.events.report(Severity::warning, event_ids::file_not_written, "sessions: " + stored.error().detail);
}

void Recorder::beat() {
  const Heartbeat beat{{journal_.id(), journal_.head_sequence()}, runs_->read()};
  const Result<void> stored = heartbeat_.store(write_heartbeat(beat));
  if (!stored)
    parts_.events.report(Severity::warning, event_ids::file_not_written, "heartbeat: " + stored.error().detail);
}

void Recorder::begin_clock_run() {
  const Result<void> begun = runs_->begin_run();
  if (!begun)
    parts_.events.report(Severity::warning, event_ids::file_not_written, "clock run: " + begun.error().detail);
}

}  // namespace systemlog::bridge
