// Journals, to read and to write.
#include <algorithm>

#include "addon/held.h"
#include "addon/surface.h"
#include "addon/value_reader.h"
#include "core/journal.h"

namespace systemlog::addon {
namespace {

using Info = Napi::CallbackInfo;

/// What one `read` gives at most, so that a page is a page.
constexpr std::uint64_t longest_page = 10'000;

/// A journal with the files it stands on.
struct OpenJournal {
  std::unique_ptr<Files> files = system_files();
  std::optional<Journal> journal;
};
using HeldJournal = std::shared_ptr<Held<OpenJournal>>;
using Opened = Result<std::unique_ptr<OpenJournal>>;

Napi::Object show_record(Napi::Env env, const SealedRecord& sealed) {
  Napi::Object shown = Napi::Object::New(env);
  shown.Set("record", sealed.record);
  shown.Set("previousMac", sealed.previous_mac);
  shown.Set("mac", sealed.mac);
  return shown;
}

Napi::Value show_page(Napi::Env env, const JournalPage& page) {
  Napi::Array records = Napi::Array::New(env, page.records.size());
  for (std::uint32_t i = 0; i < page.records.size(); ++i) {
    // Each in a scope of its own: a page of thousands would hold them all.
    const Napi::HandleScope scope(env);
    records.Set(i, show_record(env, page.records[i]));
  }
  Napi::Object shown = Napi::Object::New(env);
  shown.Set("records", records);
  shown.Set("through", static_cast<double>(page.through));
  shown.Set("more", page.more);
  return shown;
}

Napi::Value read_page(const Info& info, const HeldJournal& held) {
  ValueReader reader(info.Env());
  const std::uint64_t after = reader.whole(info[0], "after");
  const std::uint64_t limit = reader.whole(info[1], "limit");
  if (!reader.ok()) return reader.refusal();
  return call(
      info.Env(), held,
      [after, limit](OpenJournal& open) {
        return open.journal->read(after, static_cast<std::size_t>(std::min(limit, longest_page)));
      },
      show_page);
}

Napi::Value verify(const Info& info, const HeldJournal& held) {
  return call(
      info.Env(), held, [](OpenJournal& open) { return open.journal->verify(); },
      [](Napi::Env env, std::uint64_t records) -> Napi::Value {
        return Napi::Number::New(env, static_cast<double>(records));
      });
}

Napi::Value append(const Info& info, const HeldJournal& held) {
  ValueReader reader(info.Env());
  std::string record = reader.text(info[0], "record");
  if (!reader.ok()) return reader.refusal();
  return call(
      info.Env(), held, [record = std::move(record)](OpenJournal& open) { return open.journal->append(record); },
      [](Napi::Env env, const SealedRecord& sealed) -> Napi::Value { return show_record(env, sealed); });
}

/// What reader and writer have in common: what the journal is, as of its opening.
Napi::Object show_journal(Napi::Env env, const Journal& journal) {
  Napi::Object shown = Napi::Object::New(env);
  const auto add = [&](const char* field, Napi::Value value) {
    shown.DefineProperty(Napi::PropertyDescriptor::Value(field, value, napi_enumerable));
  };
  add("journal", Napi::String::New(env, journal.id()));
  add("headSequence", Napi::Number::New(env, static_cast<double>(journal.head_sequence())));
  add("headMac", Napi::String::New(env, journal.head_mac()));
  add("firstSequence", Napi::Number::New(env, static_cast<double>(journal.first_sequence())));
  return shown;
}

Napi::Value show_reader(Napi::Env env, std::unique_ptr<OpenJournal>& open) {
  Napi::Object shown = show_journal(env, *open->journal);
  const auto held = std::make_shared<Held<OpenJournal>>(std::move(open));
  add_method(shown, "read", held, read_page);
  add_method(shown, "verify", held, verify);
  add_close(shown, held);
  return shown;
}

Napi::Value show_writer(Napi::Env env, std::unique_ptr<OpenJournal>& open) {
  Napi::Object shown = show_journal(env, *open->journal);
  const auto held = std::make_shared<Held<OpenJournal>>(std::move(open));
  add_method(shown, "append", held, append);
  add_close(shown, held);
  return shown;
}

/// Where a journal is, and whose.
struct Place {
  std::filesystem::path folder;
  std::string device;
  SecretBytes device_secret;
};

/// The first three arguments.
Place read_place(ValueReader& reader, const Info& info) {
  Place place;
  place.folder = reader.path(info[0], "folder");
  place.device = reader.text(info[1], "device");
  place.device_secret = reader.bytes(info[2], "deviceSecret");
  return place;
}

/// @param begin gives the journal of some files
template <typename Begin>
Opened open_by(const Begin& begin) {
  auto open = std::make_unique<OpenJournal>();
  Result<Journal> journal = begin(*open->files);
  if (!journal) return journal.error();
  open->journal.emplace(std::move(journal).value());
  return open;
}

Napi::Value open_reader(const Info& info) {
  ValueReader reader(info.Env());
  Place place = read_place(reader, info);
  if (!reader.ok()) return reader.refusal();
  return start(
      info.Env(), nullptr,
      [place = std::move(place)] {
        return open_by([&](Files& files) {
          return Journal::open_read_only(files, place.folder, place.device, place.device_secret);
        });
      },
      show_reader);
}

Napi::Value open_writer(const Info& info) {
  ValueReader reader(info.Env());
  Place place = read_place(reader, info);
  if (!reader.ok()) return reader.refusal();
  return start(
      info.Env(), nullptr,
      [place = std::move(place)] {
        return open_by(
            [&](Files& files) { return Journal::open(files, place.folder, place.device, place.device_secret); });
      },
      show_writer);
}

Napi::Value create_writer(const Info& info) {
  ValueReader reader(info.Env());
  Place place = read_place(reader, info);
  std::string journal = reader.text(info[3], "journal");
  if (!reader.ok()) return reader.refusal();
  return start(
      info.Env(), nullptr,
      [place = std::move(place), journal = std::move(journal)] {
        return open_by([&](Files& files) {
          return Journal::create(files, place.folder, journal, place.device, place.device_secret);
        });
      },
      show_writer);
}

}  // namespace

void add_journals(Napi::Object core) {
  add_function(core, "openJournal", open_reader);
  add_function(core, "openJournalWriter", open_writer);
  add_function(core, "createJournal", create_writer);
}

}  // namespace systemlog::addon
