// Which journal is being written, and which ones were set aside as damaged.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/journal.h"
#include "core/slot_file.h"
#include "platform/random.h"

namespace systemlog::bridge {

/// How far a journal had come when somebody last knew: one that ends before has lost records that had counted, and
/// going on with it would use sequences twice.
struct JournalReach {
  std::string journal;
  std::uint64_t sequence = 0;
};

///     journals/current      names the journal that is written, and those set aside that the server was not told of
///     journals/<id>/        a journal (core/journal.h); one that was set aside stays where it is
///
/// Not to be used from two threads at once.
class JournalShelf {
 public:
  struct Opened;

  /// Opens the journal, or begins one. A damaged one is set aside and a new one begun.
  static Result<Opened> open(Files& files, Random& random, const std::filesystem::path& folder,
                             const std::string& device, ByteView device_secret,
                             const std::optional<JournalReach>& reach);

  /// Sets the current journal aside and begins another.
  Result<Journal> begin_another();

  /// Set aside, and not told to the server yet; read-only.
  std::vector<Journal> untold();
  /// The server has been told what can be read of it.
  void told(const std::string& journal);

 private:
  JournalShelf(Files& files, Random& random, std::filesystem::path folder, std::string device, ByteView device_secret,
               SlotFile names)
      : files_(&files),
        random_(&random),
        folder_(std::move(folder)),
        device_(std::move(device)),
        device_secret_(device_secret.begin(), device_secret.end()),
        names_(std::move(names)) {}

  bool load();
  void find_all();
  Result<void> store();

  Files* files_;
  Random* random_;
  std::filesystem::path folder_;
  std::string device_;
  SecretBytes device_secret_;
  SlotFile names_;
  std::string current_;
  std::vector<std::string> aside_;
};

struct JournalShelf::Opened {
  JournalShelf shelf;
  Journal journal;
  /// Ids of the journals this opening set aside; to be told to people.
  std::vector<std::string> set_aside_now;
};

}  // namespace systemlog::bridge
