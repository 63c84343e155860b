// The bridge's append-only, MACed record of session events.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/contract_json.h"
#include "core/journal_format.h"
#include "core/slot_file.h"
#include "platform/files.h"

namespace systemlog {

/// A record on its way, as `sealedEvent` of the contract: MACs in base64url.
struct SealedRecord {
  std::string record;
  std::string previous_mac;
  std::string mac;
};

/// One answer to `read`.
struct JournalPage {
  std::vector<SealedRecord> records;
  /// Up to where the journal was looked at, whoever's records lay between.
  std::uint64_t through = 0;
  /// Another read would give more at once.
  bool more = false;
};

/// Which records a reader may see; an empty one sees all.
using RecordFilter = std::function<bool(std::string_view record)>;

/// A folder of segments of 4 MB:
///
///     segment-<number>   numbers without gaps, oldest first; the last one is written to
///     reserve            the next segment, preallocated: at least 4 MB can be recorded on a full disk
///     state              receipt and reading positions (`SlotFile`)
///     lock               held by the one who may write
///
/// An append is on the disk before it counts. A record torn by a crash is cut off at the next open and counted in
/// `cut_bytes`; damage anywhere else is reported as `damaged`, changes nothing, and leaves what reads readable
/// through `open_read_only`. Not to be used from two threads at once.
class Journal {
 public:
  /// Begins a journal in a folder that has none.
  /// @param journal a new UUID as text
  /// @param device the device's id
  /// @param device_secret 32 bytes; the keys for records and receipts come from it
  /// @param segment_bytes size of a segment; only tests take another
  static Result<Journal> create(Files& files, const std::filesystem::path& folder, const std::string& journal,
                                const std::string& device, ByteView device_secret,
                                std::size_t segment_bytes = journal_format::segment_bytes);

  /// `not-found` when there is none, `locked` when another process writes it, `damaged` as said above.
  static Result<Journal> open(Files& files, const std::filesystem::path& folder, const std::string& device,
                              ByteView device_secret, std::size_t segment_bytes = journal_format::segment_bytes);

  /// For a journal set aside as damaged: takes no lock, cuts nothing, cannot append. `read` ends with `damaged` where
  /// the damage is; what lies behind it in later segments can be read by asking from there.
  static Result<Journal> open_read_only(Files& files, const std::filesystem::path& folder, const std::string& device,
                                        ByteView device_secret,
                                        std::size_t segment_bytes = journal_format::segment_bytes);

  /// Looks anew at what lies on the disk, after `needs-reopen`; the lock stays held all the while. After a failure
  /// everything is as before: what was read can be read, nothing can be appended.
  Result<void> reopen(ByteView device_secret);

  const std::string& id() const noexcept { return journal_; }
  std::uint64_t head_sequence() const noexcept { return head_sequence_; }
  /// `GENESIS_MAC` for an empty journal.
  std::string head_mac() const { return base64url(head_mac_); }
  /// The oldest record that still lies here; head + 1 when none does.
  std::uint64_t first_sequence() const noexcept { return segments_.front().first_sequence; }
  /// How far the server's receipts reach.
  std::uint64_t received_through() const noexcept { return received_through_; }
  /// Bytes of a torn record that the opening cut off.
  std::size_t cut_bytes() const noexcept { return cut_bytes_; }
  /// False when the next segment could not be preallocated: the disk is full.
  bool reserve_ready() const noexcept { return reserve_ready_; }

  /// Appends the JSON text of an event whose `sequence` is `head_sequence() + 1`; returns when it is flushed.
  /// `disk-full` changes nothing and may be tried again. After `io-failed` nothing more is appended
  /// (`needs-reopen`): what reached the disk is only known after opening anew.
  Result<SealedRecord> append(std::string_view record);

  /// Records after a sequence, oldest first. Every record's checksum and MAC are checked on the way. One call looks
  /// at no more than 4 MB.
  /// @param after 0 for the beginning; what was compacted away is passed over
  Result<JournalPage> read(std::uint64_t after, std::size_t limit, const RecordFilter& filter = {});

  /// Reads everything: the number of records, or `damaged` and where.
  Result<std::uint64_t> verify();

  /// "These are safe in my queue": moves that reader's position, forward only. `beyond-head`.
  Result<void> acknowledge(const std::string& sid, std::uint64_t through);
  std::uint64_t acknowledged_through(const std::string& sid) const;

  /// Takes the server's word that it holds everything up to a sequence. `unknown-journal`, `receipt-invalid` (MAC or
  /// device), `beyond-head`. An older receipt changes nothing.
  Result<void> take_receipt(const ServerReceipt& receipt);

  /// Removes segments whose every record the server has; never the one being written. Gives how many.
  Result<std::size_t> compact();

 private:
  /// Where every 64th record lies in the segment read last.
  struct Mark {
    std::uint64_t sequence = 0;
    std::size_t offset = 0;
    journal_format::Mac previous_mac{};
  };
  struct Index {
    std::uint64_t segment = 0;
    std::vector<Mark> marks;
  };

  Journal(Files& files, std::filesystem::path folder, std::string device, std::size_t segment_bytes) noexcept;

  static Result<Journal> open_as(Files& files, const std::filesystem::path& folder, const std::string& device,
                                 ByteView device_secret, std::size_t segment_bytes, bool may_write);
  Result<void> begin_writing();
  std::filesystem::path segment_path(std::uint64_t number) const;
  Result<void> derive_keys(ByteView device_secret);
  Result<void> load_state();
  Result<void> save_state(std::uint64_t received_through, const std::map<std::string, std::uint64_t>& positions);
  Result<void> load_segments();
  Result<void> open_newest(bool may_write);
  Result<void> cut(std::size_t from, std::size_t to);
  Result<void> prepare_reserve();
  Result<void> begin_segment(const journal_format::SegmentHeader& header);
  Result<void> read_segment(std::size_t position, std::uint64_t after, std::size_t limit, const RecordFilter& filter,
                            JournalPage& page, std::size_t& looked_at);
  Mark start_for(const journal_format::SegmentHeader& segment, std::uint64_t sequence) const;
  void remember(std::uint64_t segment, const Mark& mark);

  Files* files_;
  std::filesystem::path folder_;
  std::string device_;
  std::size_t segment_bytes_;
  std::string journal_;
  std::unique_ptr<FileLock> lock_;
  std::optional<crypto::Hmac> record_key_;
  std::optional<crypto::Hmac> receipt_key_;
  std::optional<SlotFile> state_;
  std::uint64_t received_through_ = 0;
  std::map<std::string, std::uint64_t> positions_;

  std::vector<journal_format::SegmentHeader> segments_;
  std::unique_ptr<File> newest_;
  std::size_t newest_end_ = 0;
  std::uint64_t head_sequence_ = 0;
  journal_format::Mac head_mac_{};
  std::size_t cut_bytes_ = 0;
  bool reserve_ready_ = false;
  bool may_append_ = false;
  bool newest_damaged_ = false;
  Index index_;
};

}  // namespace systemlog
